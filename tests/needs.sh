#!/bin/sh
# The browser test needs Chromium and a Chinese font, the Spark test Java 17; install them where that
# is possible, else the tests say how.
has_browser() { command -v chromium >/dev/null 2>&1 && fc-list :lang=zh 2>/dev/null | grep -q .; }
has_java() { command -v java >/dev/null 2>&1; }
has_browser && has_java && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq
    has_browser || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk fontconfig >/dev/null
    has_java || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq openjdk-17-jre-headless >/dev/null
fi
exit 0
