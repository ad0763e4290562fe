# Sourced by scripts of several parts: `part NAME COMMAND...` runs one, `together NAME=COMMAND ...` runs several side by side,
# and at the end of the script stands how many seconds each took.
part_times=""

part() {
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  "$@"
  add_part_time "$name" $((SECONDS - began))
}

# What each prints stands together, in the order of the parts. All run to their end, and all must succeed.
together() {
  local folder part index jobs=() failed=
  folder=$(mktemp -d)
  for part in "$@"; do
    {
      local status=0 began=$SECONDS
      ${part#*=} >"$folder/${#jobs[@]}" 2>&1 || status=$?
      echo $((SECONDS - began)) >"$folder/${#jobs[@]}.seconds"
      exit $status
    } &
    jobs+=($!)
  done
  for index in "${!jobs[@]}"; do
    local name=${*:index+1:1}
    wait "${jobs[index]}" || failed+=" ${name%%=*},"
    echo "== ${name%%=*}"
    cat "$folder/$index"
    add_part_time "${name%%=*}" "$(<"$folder/$index.seconds")"
  done
  rm -rf "$folder"
  [[ -z $failed ]] || { echo "failed:${failed%,}" >&2; return 1; }
}

add_part_time() { part_times+=$(printf '%7d s  %s' "$2" "$1")$'\n'; }

print_part_times() {
  printf '\nWhere the time went:\n%s%7d s  in all\n' "$part_times" "$SECONDS"
}
