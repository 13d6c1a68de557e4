#!/bin/sh
# A runner for tests: $1 says how it behaves, $2 is a file that every result is a copy of, $3 a
# folder in which it notes what it has done.
mode=$1
template=$2
notes=$3
echo start >>"$notes/starts"
echo $$ >"$notes/pid"
case $mode in
unready) exit 3 ;;
silent) sleep 60 ;;
esac
echo '{"ready":{"device_class":"fake"}}' >&3
field() {
    # The last member of that name: members are sorted, and the outer object's come after the job's.
    printf '%s' "$line" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}
finish() {
    cp "$template" "$output.part" && mv "$output.part" "$output"
    echo "{\"finished\":\"$lease\"}" >&3
}
while IFS= read -r line; do
    case $line in
    '{"run"'*)
        lease=$(field lease)
        output=$(field output)
        echo "$lease" >>"$notes/runs"
        echo "{\"progress\":{\"lease\":\"$lease\",\"phase\":\"running\",\"done\":1}}" >&3
        case $mode in
        crash-once) [ "$(grep -c start "$notes/starts")" -gt 1 ] || exit 9 ;;
        crash) kill -SEGV $$ ;;
        hang)
            sleep 1000 &
            echo $! >"$notes/child"
            wait
            ;;
        wait) held=$lease; continue ;;
        wait-second) [ "$(grep -c . "$notes/runs")" -eq 2 ] && continue ;;
        fail)
            echo "{\"failed\":{\"lease\":\"$lease\",\"class\":\"unit\",\"reason\":\"NaN\"}}" >&3
            continue
            ;;
        garbage) echo 'what?' >&3; continue ;;
        flood) while :; do printf 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'; done >&3 ;;
        bad-result) echo 'no tensor' >"$output"; echo "{\"finished\":\"$lease\"}" >&3; continue ;;
        close) exec 3>&-; sleep 1000 ;;
        esac
        finish
        ;;
    '{"stop"'*)
        if [ "$mode" = wait ]; then
            echo "{\"failed\":{\"lease\":\"$held\",\"class\":\"infrastructure\",\"reason\":\"stopped\"}}" >&3
        fi
        ;;
    esac
done
