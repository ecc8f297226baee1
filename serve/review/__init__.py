"""The review page: where a product team decides every week what is mended by whom."""
