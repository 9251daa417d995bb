# Writes what ha_query_liveset prints. Sourced by the daemon after each turn.

warning() { # NUMBER LIMIT
  if [ "$1" -gt $(($2 / 2)) ]; then echo TRUE; else echo FALSE; fi
}

members=
clock
i=0
while [ $i -lt "$count" ]; do
  if [ $i = "$me" ] || { eval "[ \$state_$i = on ]" && lives $i; }; then eval "members=\"\$members \$host_$i\""; fi
  i=$((i + 1))
done
{
  echo '<?xml version="1.0" encoding="UTF-8"?>'
  echo '<ha_liveset_info version="1.0">'
  if [ -n "$online" ]; then echo '  <status>Online</status>'; else echo '  <status>Starting</status>'; fi
  echo "  <localhost><HostID>$own</HostID><HostIndex>$me</HostIndex></localhost>"
  if [ -n "$online" ]; then
    i=0
    while [ $i -lt "$count" ]; do
      eval "uuid=\$host_$i out=\$excluded_$i their=\$lock_$i"
      [ $i != "$me" ] || { out=$excluded their=$lock; }
      live=FALSE master=FALSE
      case "$members " in *" $uuid "*) live=TRUE ;; esac
      [ $live = FALSE ] || [ "$their" != held ] || master=TRUE
      echo "  <host><HostID>$uuid</HostID><HostIndex>$i</HostIndex><liveness>$live</liveness><master>$master</master><statefile_access>$live</statefile_access><statefile_corrupted>$corrupted</statefile_corrupted><excluded>$out</excluded></host>"
      i=$((i + 1))
    done
    echo '  <raw_status_on_local_host>'
    echo "    <statefile_latency>$latency</statefile_latency><statefile_latency_max>$latency_max</statefile_latency_max><statefile_latency_min>$latency_min</statefile_latency_min>"
    for what in heartbeat Xapi_healthcheck; do
      for which in '' _max _min; do echo "    <${what}_latency$which>-1</${what}_latency$which>"; done
    done
    oldest=0 i=0
    while [ $i -lt "$count" ]; do
      eval "uuid=\$host_$i age=\$((now - seen_$i))"
      [ $i != "$me" ] || age=0
      list=
      case "$members " in *" $uuid "*) list=${members# } ; [ "$age" -le $oldest ] || oldest=$age ;; *) age=-1 ;; esac
      echo "    <host_raw_data><HostID>$uuid</HostID><HostIndex>$i</HostIndex><time_since_last_update_on_statefile>$age</time_since_last_update_on_statefile><time_since_last_heartbeat>-1</time_since_last_heartbeat><time_since_xapi_restart_first_attempted>-1</time_since_xapi_restart_first_attempted><xapi_error_string></xapi_error_string>"
      for which in heartbeat_active_list_on_heartbeat heartbeat_active_list_on_statefile statefile_active_list_on_heartbeat statefile_active_list_on_statefile; do
        echo "      <$which>$list</$which>"
      done
      echo '    </host_raw_data>'
      i=$((i + 1))
    done
    echo '  </raw_status_on_local_host>'
    echo "  <timeout><T1>$T1</T1><T2>$T2</T2><T3>$T3</T3><Wh>$Wh</Wh><Ws>$Ws</Ws></timeout>"
    echo "  <warning_on_local_host><statefile_lost>FALSE</statefile_lost><heartbeat_approaching_timeout>FALSE</heartbeat_approaching_timeout><statefile_approaching_timeout>$(warning $oldest "$T2")</statefile_approaching_timeout><Xapi_healthcheck_approaching_timeout>FALSE</Xapi_healthcheck_approaching_timeout><network_bonding_error>FALSE</network_bonding_error></warning_on_local_host>"
  fi
  echo '</ha_liveset_info>'
} >$run/liveset.new
mv $run/liveset.new $run/liveset
