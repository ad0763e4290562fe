# Sourced by scripts of several parts: `part NAME COMMAND...` runs one, and at the end of the script stands how many seconds
# each took.
part_times=""

part() {
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  "$@"
  part_times+=$(printf '%7d s  %s' $((SECONDS - began)) "$name")$'\n'
}

print_part_times() {
  printf '\nWhere the time went:\n%s%7d s  in all\n' "$part_times" "$SECONDS"
}
