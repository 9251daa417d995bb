# Completion of quorate for bash 4.3 and later. Made by: quorate completion bash

_quorate_commands='status call event-wait events db config doctor stack completion install uninstall version help session-param-list session-param-get session-param-set session-param-add session-param-remove session-param-clear session-logout session-change-password session-local-logout session-get-all-subject-identifiers session-logout-subject-identifier task-list task-param-list task-param-get task-param-set task-param-add task-param-remove task-param-clear task-create task-destroy task-cancel pool-list pool-param-list pool-param-get pool-param-set pool-param-add pool-param-remove pool-param-clear pool-join pool-join-force pool-eject pool-emergency-transition-to-master pool-emergency-reset-master pool-recover-slaves pool-create-vlan pool-create-vlan-from-pif pool-enable-ha pool-disable-ha pool-sync-database pool-designate-new-master pool-patch-list pool-patch-param-list pool-patch-param-get pool-patch-param-set pool-patch-param-add pool-patch-param-remove pool-patch-param-clear pool-patch-apply pool-patch-pool-apply pool-patch-precheck pool-patch-clean pool-patch-destroy vm-list template-list snapshot-list vm-param-list vm-param-get vm-param-set vm-param-add vm-param-remove vm-param-clear vm-clone vm-copy vm-provision vm-start vm-start-on vm-pause vm-unpause vm-clean-shutdown vm-clean-reboot vm-hard-shutdown vm-power-state-reset vm-hard-reboot vm-suspend vm-resume vm-resume-on vm-pool-migrate vm-set-vcpus-number-live vm-add-to-vcpus-params-live vm-set-memory-target-live vm-set-shadow-multiplier-live vm-send-sysrq vm-send-trigger vm-maximise-memory vm-get-boot-record vm-assert-operation-valid vm-update-allowed-operations vm-get-allowed-vbd-devices vm-get-allowed-vif-devices vm-get-possible-hosts vm-assert-can-boot-here vm-create vm-destroy vm-metrics-list vm-metrics-param-list vm-metrics-param-get vm-metrics-param-set vm-metrics-param-add vm-metrics-param-remove vm-metrics-param-clear vm-guest-metrics-list vm-guest-metrics-param-list vm-guest-metrics-param-get vm-guest-metrics-param-set vm-guest-metrics-param-add vm-guest-metrics-param-remove vm-guest-metrics-param-clear host-list host-param-list host-param-get host-param-set host-param-add host-param-remove host-param-clear host-disable host-enable host-shutdown host-reboot host-dmesg host-dmesg-clear host-get-log host-send-debug-keys host-bugreport-upload host-list-methods host-license-apply host-destroy host-assert-can-evacuate host-evacuate host-syslog-reconfigure host-management-reconfigure host-local-management-reconfigure host-management-disable host-get-data-sources host-query-data-source host-record-data-source host-forget-data-source-archives host-get-system-status-capabilities host-refresh-pack-info host-get-servertime host-get-server-localtime host-power-on host-restart-agent host-set-hostname-live host-crashdump-list host-crashdump-param-list host-crashdump-param-get host-crashdump-param-set host-crashdump-param-add host-crashdump-param-remove host-crashdump-param-clear host-crashdump-destroy host-crashdump-upload host-patch-list host-patch-param-list host-patch-param-get host-patch-param-set host-patch-param-add host-patch-param-remove host-patch-param-clear host-patch-destroy host-patch-apply host-metrics-list host-metrics-param-list host-metrics-param-get host-metrics-param-set host-metrics-param-add host-metrics-param-remove host-metrics-param-clear host-cpu-list host-cpu-param-list host-cpu-param-get host-cpu-param-set host-cpu-param-add host-cpu-param-remove host-cpu-param-clear network-list network-param-list network-param-get network-param-set network-param-add network-param-remove network-param-clear network-create network-destroy vif-list vif-param-list vif-param-get vif-param-set vif-param-add vif-param-remove vif-param-clear vif-plug vif-unplug vif-create vif-destroy vif-metrics-list vif-metrics-param-list vif-metrics-param-get vif-metrics-param-set vif-metrics-param-add vif-metrics-param-remove vif-metrics-param-clear pif-list pif-param-list pif-param-get pif-param-set pif-param-add pif-param-remove pif-param-clear pif-create-vlan pif-destroy pif-reconfigure-ip pif-scan pif-introduce pif-forget pif-unplug pif-plug pif-metrics-list pif-metrics-param-list pif-metrics-param-get pif-metrics-param-set pif-metrics-param-add pif-metrics-param-remove pif-metrics-param-clear bond-list bond-param-list bond-param-get bond-param-set bond-param-add bond-param-remove bond-param-clear bond-create bond-destroy vlan-list vlan-param-list vlan-param-get vlan-param-set vlan-param-add vlan-param-remove vlan-param-clear vlan-create vlan-destroy sm-list sm-param-list sm-param-get sm-param-set sm-param-add sm-param-remove sm-param-clear sr-list sr-param-list sr-param-get sr-param-set sr-param-add sr-param-remove sr-param-clear sr-create sr-introduce sr-make sr-destroy sr-forget sr-get-supported-types sr-scan sr-probe vdi-list vdi-param-list vdi-param-get vdi-param-set vdi-param-add vdi-param-remove vdi-param-clear vdi-snapshot vdi-clone vdi-resize vdi-resize-online vdi-introduce vdi-copy vdi-forget vdi-create vdi-destroy vbd-list vbd-param-list vbd-param-get vbd-param-set vbd-param-add vbd-param-remove vbd-param-clear vbd-eject vbd-insert vbd-plug vbd-unplug vbd-unplug-force vbd-assert-attachable vbd-create vbd-destroy vbd-metrics-list vbd-metrics-param-list vbd-metrics-param-get pbd-list pbd-param-list pbd-param-get pbd-param-set pbd-param-add pbd-param-remove pbd-param-clear pbd-plug pbd-unplug pbd-create pbd-destroy crashdump-list crashdump-param-list crashdump-param-get crashdump-param-set crashdump-param-add crashdump-param-remove crashdump-param-clear crashdump-destroy vtpm-list vtpm-param-list vtpm-param-get vtpm-create vtpm-destroy console-list console-param-list console-param-get console-param-set console-param-add console-param-remove console-param-clear console-create console-destroy user-param-list user-param-get user-param-set user-param-add user-param-remove user-param-clear user-create user-destroy role-list role-param-list role-param-get role-get-permissions role-get-permissions-name-label role-get-by-permission role-get-by-permission-name-label subject-list subject-param-list subject-param-get subject-get-permissions-name-label subject-create subject-destroy message-list message-param-list message-param-get message-create message-destroy message-get message-get-since blob-list blob-param-list blob-param-get blob-param-set blob-param-clear blob-create blob-destroy vm-appliance-list vm-appliance-param-list vm-appliance-param-get vm-appliance-param-set vm-appliance-param-clear vm-appliance-start vm-appliance-clean-shutdown vm-appliance-hard-shutdown vm-appliance-shutdown vm-appliance-create vm-appliance-destroy secret-list secret-param-list secret-param-get secret-param-set secret-param-add secret-param-remove secret-param-clear secret-create secret-destroy cluster-list cluster-param-list cluster-param-get cluster-param-set cluster-param-add cluster-param-remove cluster-param-clear cluster-create cluster-destroy cluster-get-network cluster-pool-create cluster-pool-force-destroy cluster-pool-destroy cluster-pool-resync cluster-host-list cluster-host-param-list cluster-host-param-get cluster-host-create cluster-host-destroy cluster-host-enable cluster-host-force-destroy cluster-host-disable cluster-stack-list cluster-stack-param-list cluster-stack-param-get cluster-stack-scan cluster-stack-query-liveset cluster-stack-explain-choice'

# The words that may follow a command.
_quorate_words() {
  case $1 in
    help)
      printf '%s' "$_quorate_commands session task event pool pool-patch vm vm-metrics vm-guest-metrics host host-crashdump host-patch host-metrics host-cpu network vif vif-metrics pif pif-metrics bond vlan sm sr vdi vbd vbd-metrics pbd crashdump vtpm console user role subject message blob vm-appliance secret data-source cluster cluster-host cluster-stack commands errors" ;;
    event-wait)
      printf '%s' 'class=' ;;
    events)
      printf '%s' 'task pool pool-patch vm vm-metrics vm-guest-metrics host host-crashdump host-patch host-metrics host-cpu network vif vif-metrics pif pif-metrics bond vlan sm sr vdi vbd vbd-metrics pbd crashdump vtpm console role subject message blob vm-appliance cluster cluster-host cluster-stack' ;;
    db)
      printf '%s' 'check dump backup restore' ;;
    config)
      printf '%s' 'show' ;;
    doctor)
      printf '%s' 'node agent settings systemd permissions certificate disk-latency disk-space libvirt bridges watchdog time dbus pam programs cluster-stack ports' ;;
    stack)
      printf '%s' 'list show watch check' ;;
    completion)
      printf '%s' 'bash zsh' ;;
    session-param-list|vm-metrics-param-list|vm-guest-metrics-param-list|host-crashdump-param-list|host-crashdump-destroy|host-metrics-param-list|host-cpu-param-list|vif-param-list|vif-plug|vif-unplug|vif-destroy|vif-metrics-param-list|pif-param-list|pif-destroy|pif-forget|pif-unplug|pif-plug|pif-metrics-param-list|bond-param-list|bond-destroy|vlan-param-list|vlan-destroy|vbd-param-list|vbd-eject|vbd-plug|vbd-unplug|vbd-unplug-force|vbd-assert-attachable|vbd-destroy|vbd-metrics-param-list|pbd-param-list|pbd-plug|pbd-unplug|pbd-destroy|crashdump-param-list|crashdump-destroy|vtpm-param-list|vtpm-destroy|console-param-list|console-destroy|user-param-list|user-destroy|subject-param-list|subject-get-permissions-name-label|subject-destroy|message-param-list|message-destroy|secret-param-list|secret-destroy|cluster-param-list|cluster-destroy|cluster-get-network|cluster-pool-force-destroy|cluster-pool-destroy|cluster-pool-resync|cluster-host-param-list|cluster-host-destroy|cluster-host-enable|cluster-host-force-destroy|cluster-host-disable)
      printf '%s' 'uuid=' ;;
    session-param-get|session-param-add|session-param-remove|vm-metrics-param-get|vm-metrics-param-add|vm-metrics-param-remove|vm-guest-metrics-param-get|vm-guest-metrics-param-add|vm-guest-metrics-param-remove|host-crashdump-param-get|host-crashdump-param-add|host-crashdump-param-remove|host-metrics-param-get|host-metrics-param-add|host-metrics-param-remove|host-cpu-param-get|host-cpu-param-add|host-cpu-param-remove|vif-param-get|vif-param-add|vif-param-remove|vif-metrics-param-get|vif-metrics-param-add|vif-metrics-param-remove|pif-param-get|pif-param-add|pif-param-remove|pif-metrics-param-get|pif-metrics-param-add|pif-metrics-param-remove|bond-param-get|bond-param-add|bond-param-remove|vlan-param-get|vlan-param-add|vlan-param-remove|vbd-param-get|vbd-param-add|vbd-param-remove|vbd-metrics-param-get|pbd-param-get|pbd-param-add|pbd-param-remove|crashdump-param-get|crashdump-param-add|crashdump-param-remove|vtpm-param-get|console-param-get|console-param-add|console-param-remove|user-param-get|user-param-add|user-param-remove|subject-param-get|message-param-get|secret-param-get|secret-param-add|secret-param-remove|cluster-param-get|cluster-param-add|cluster-param-remove|cluster-host-param-get)
      printf '%s' 'uuid= param-name= param-key=' ;;
    session-param-set|pool-patch-param-set|vm-metrics-param-set|vm-guest-metrics-param-set|host-crashdump-param-set|host-patch-param-set|host-metrics-param-set|host-cpu-param-set|vif-metrics-param-set|pif-param-set|pif-metrics-param-set|bond-param-set|vlan-param-set|sm-param-set|crashdump-param-set|console-param-set|cluster-param-set)
      printf '%s' 'uuid= other-config:' ;;
    session-param-clear|vm-metrics-param-clear|vm-guest-metrics-param-clear|host-crashdump-param-clear|host-metrics-param-clear|host-cpu-param-clear|vif-param-clear|vif-metrics-param-clear|pif-param-clear|pif-metrics-param-clear|bond-param-clear|vlan-param-clear|vbd-param-clear|pbd-param-clear|crashdump-param-clear|console-param-clear|user-param-clear|secret-param-clear|cluster-param-clear)
      printf '%s' 'uuid= param-name=' ;;
    session-change-password)
      printf '%s' 'old-pwd= new-pwd=' ;;
    session-logout-subject-identifier)
      printf '%s' 'subject-identifier=' ;;
    task-list)
      printf '%s' 'params= uuid= name-label= name-description= allowed-operations= current-operations: created= finished= status= resident-on= progress= type= result= error-info= other-config: subtask-of= subtasks= backtrace=' ;;
    task-param-list|task-destroy|task-cancel|pool-param-list|pool-patch-param-list|pool-patch-pool-apply|pool-patch-clean|pool-patch-destroy|vm-param-list|vm-provision|vm-pause|vm-unpause|vm-clean-shutdown|vm-clean-reboot|vm-hard-shutdown|vm-power-state-reset|vm-hard-reboot|vm-suspend|vm-get-boot-record|vm-update-allowed-operations|vm-get-allowed-vbd-devices|vm-get-allowed-vif-devices|vm-get-possible-hosts|vm-destroy|host-param-list|host-enable|host-shutdown|host-reboot|host-dmesg|host-dmesg-clear|host-get-log|host-destroy|host-assert-can-evacuate|host-syslog-reconfigure|host-get-data-sources|host-get-system-status-capabilities|host-refresh-pack-info|host-get-servertime|host-get-server-localtime|host-power-on|host-restart-agent|host-patch-param-list|host-patch-destroy|host-patch-apply|network-param-list|network-destroy|sm-param-list|sr-param-list|sr-destroy|sr-forget|sr-scan|vdi-param-list|vdi-forget|vdi-destroy|role-param-list|role-get-permissions|role-get-permissions-name-label|role-get-by-permission|blob-param-list|blob-destroy|vm-appliance-param-list|vm-appliance-clean-shutdown|vm-appliance-hard-shutdown|vm-appliance-shutdown|vm-appliance-destroy|cluster-stack-param-list|cluster-stack-query-liveset)
      printf '%s' 'uuid= name-label=' ;;
    task-param-get|task-param-add|task-param-remove|pool-param-get|pool-param-add|pool-param-remove|pool-patch-param-get|pool-patch-param-add|pool-patch-param-remove|vm-param-get|vm-param-add|vm-param-remove|host-param-get|host-param-add|host-param-remove|host-patch-param-get|host-patch-param-add|host-patch-param-remove|network-param-get|network-param-add|network-param-remove|sm-param-get|sm-param-add|sm-param-remove|sr-param-get|sr-param-add|sr-param-remove|vdi-param-get|vdi-param-add|vdi-param-remove|role-param-get|blob-param-get|vm-appliance-param-get|cluster-stack-param-get)
      printf '%s' 'uuid= name-label= param-name= param-key=' ;;
    task-param-set)
      printf '%s' 'uuid= status= progress= result= error-info= other-config:' ;;
    task-param-clear|pool-param-clear|pool-patch-param-clear|vm-param-clear|host-param-clear|host-patch-param-clear|network-param-clear|sm-param-clear|sr-param-clear|vdi-param-clear|blob-param-clear|vm-appliance-param-clear)
      printf '%s' 'uuid= name-label= param-name=' ;;
    task-create)
      printf '%s' 'label= description=' ;;
    pool-list)
      printf '%s' 'params= uuid= name-label= name-description= master= default-SR= suspend-image-SR= crash-dump-SR= other-config: ha-enabled= ha-configuration: ha-statefiles= ha-host-failures-to-tolerate= ha-plan-exists-for= ha-allow-overcommit= ha-overcommitted= blobs: tags= gui-config: health-check-config: wlb-url= wlb-username= wlb-enabled= wlb-verify-cert= redo-log-enabled= redo-log-vdi= vswitch-controller= restrictions: metadata-VDIs= ha-cluster-stack= allowed-operations= current-operations: guest-agent-config: cpu-info: policy-no-vendor-device= live-patching-disabled= igmp-snooping-enabled= uefi-certificates= is-psr-pending= tls-verification-enabled= client-certificate-auth-enabled= client-certificate-auth-name= repository-proxy-url= repository-proxy-username= repository-proxy-password= coordinator-bias=' ;;
    pool-param-set)
      printf '%s' 'uuid= name-label= name-description= default-SR= suspend-image-SR= crash-dump-SR= other-config: ha-allow-overcommit= tags= gui-config: health-check-config: wlb-enabled= wlb-verify-cert= policy-no-vendor-device= live-patching-disabled= is-psr-pending= coordinator-bias=' ;;
    pool-join|pool-join-force)
      printf '%s' 'master-address= master-username= master-password=' ;;
    pool-eject|pool-designate-new-master|pif-scan|cluster-stack-scan)
      printf '%s' 'host=' ;;
    pool-emergency-reset-master)
      printf '%s' 'master-address=' ;;
    pool-create-vlan)
      printf '%s' 'device= network= VLAN=' ;;
    pool-create-vlan-from-pif)
      printf '%s' 'pif= network= VLAN=' ;;
    pool-enable-ha)
      printf '%s' 'heartbeat-srs= configuration= cluster-stack=' ;;
    pool-patch-list)
      printf '%s' 'params= uuid= name-label= name-description= version= size= pool-applied= host-patches= after-apply-guidance= other-config:' ;;
    pool-patch-apply|pool-patch-precheck|vm-assert-can-boot-here)
      printf '%s' 'uuid= name-label= host=' ;;
    vm-list|template-list|snapshot-list)
      printf '%s' 'params= uuid= allowed-operations= current-operations: name-label= name-description= power-state= user-version= is-a-template= is-default-template= suspend-VDI= resident-on= scheduled-to-be-resident-on= affinity= memory-overhead= memory-target= memory-static-max= memory-dynamic-max= memory-dynamic-min= memory-static-min= VCPUs-params: VCPUs-max= VCPUs-at-startup= actions-after-shutdown= actions-after-reboot= actions-after-crash= consoles= VIFs= VBDs= crash-dumps= VTPMs= PV-bootloader= PV-kernel= PV-ramdisk= PV-args= PV-bootloader-args= PV-legacy-args= HVM-boot-policy= HVM-boot-params: HVM-shadow-multiplier= platform: PCI-bus= other-config: domid= domarch= last-boot-CPU-flags: is-control-domain= metrics= guest-metrics= last-booted-record= recommendations= xenstore-data: ha-always-run= ha-restart-priority= is-a-snapshot= snapshot-of= snapshots= snapshot-time= transportable-snapshot-id= blobs: tags= blocked-operations: snapshot-info: snapshot-metadata= parent= children= bios-strings: is-vmss-snapshot= appliance= start-delay= shutdown-delay= order= suspend-SR= version= generation-id= hardware-platform-version= has-vendor-device= requires-reboot= reference-label= domain-type= NVRAM: pending-guidances=' ;;
    vm-param-set)
      printf '%s' 'uuid= name-label= name-description= user-version= is-a-template= affinity= memory-dynamic-max= memory-dynamic-min= memory-static-min= VCPUs-params: VCPUs-max= VCPUs-at-startup= actions-after-shutdown= actions-after-reboot= actions-after-crash= PV-bootloader= PV-kernel= PV-ramdisk= PV-args= PV-bootloader-args= PV-legacy-args= HVM-boot-policy= HVM-boot-params: HVM-shadow-multiplier= platform: PCI-bus= other-config: recommendations= xenstore-data: tags= suspend-SR= hardware-platform-version=' ;;
    vm-clone)
      printf '%s' 'uuid= name-label= new-name=' ;;
    vm-copy)
      printf '%s' 'uuid= name-label= new-name= sr=' ;;
    vm-start|vm-resume)
      printf '%s' 'uuid= name-label= start-paused= force=' ;;
    vm-start-on|vm-resume-on)
      printf '%s' 'uuid= name-label= host= start-paused= force=' ;;
    vm-pool-migrate)
      printf '%s' 'uuid= name-label= host= options=' ;;
    vm-set-vcpus-number-live)
      printf '%s' 'uuid= name-label= nvcpu=' ;;
    vm-add-to-vcpus-params-live)
      printf '%s' 'uuid= name-label= key= value=' ;;
    vm-set-memory-target-live)
      printf '%s' 'uuid= name-label= target=' ;;
    vm-set-shadow-multiplier-live)
      printf '%s' 'uuid= name-label= multiplier=' ;;
    vm-send-sysrq)
      printf '%s' 'uuid= name-label= key=' ;;
    vm-send-trigger)
      printf '%s' 'uuid= name-label= trigger=' ;;
    vm-maximise-memory)
      printf '%s' 'uuid= name-label= total= approximate=' ;;
    vm-assert-operation-valid)
      printf '%s' 'uuid= name-label= op=' ;;
    vm-create)
      printf '%s' 'name-label= name-description= power-state= user-version= is-a-template= suspend-VDI= affinity= memory-target= memory-static-max= memory-dynamic-max= memory-dynamic-min= memory-static-min= VCPUs-params: VCPUs-max= VCPUs-at-startup= actions-after-shutdown= actions-after-reboot= actions-after-crash= PV-bootloader= PV-kernel= PV-ramdisk= PV-args= PV-bootloader-args= PV-legacy-args= HVM-boot-policy= HVM-boot-params: HVM-shadow-multiplier= platform: PCI-bus= other-config: last-boot-CPU-flags: last-booted-record= recommendations= xenstore-data: ha-always-run= ha-restart-priority= tags= blocked-operations: is-vmss-snapshot= appliance= start-delay= shutdown-delay= order= suspend-SR= version= generation-id= hardware-platform-version= has-vendor-device= reference-label= domain-type= NVRAM:' ;;
    vm-metrics-list)
      printf '%s' 'params= uuid= memory-actual= VCPUs-number= VCPUs-utilisation: VCPUs-CPU: VCPUs-params: VCPUs-flags: state= start-time= install-time= last-updated= other-config: hvm= nested-virt= nomigrate= current-domain-type=' ;;
    vm-guest-metrics-list)
      printf '%s' 'params= uuid= os-version: PV-drivers-version: PV-drivers-up-to-date= memory: disks: networks: other: last-updated= other-config: live= can-use-hotplug-vbd= can-use-hotplug-vif= PV-drivers-detected=' ;;
    host-list)
      printf '%s' 'params= uuid= name-label= name-description= memory-overhead= allowed-operations= current-operations: API-version-major= API-version-minor= API-version-vendor= API-version-vendor-implementation: enabled= software-version: other-config: capabilities= cpu-configuration: sched-policy= supported-bootloaders= resident-VMs= logging: PIFs= suspend-image-sr= crash-dump-sr= crashdumps= patches= PBDs= host-CPUs= cpu-info: hostname= address= metrics= license-params: ha-statefiles= ha-network-peers= blobs: tags= external-auth-type= external-auth-service-name= external-auth-configuration: edition= license-server: bios-strings: power-on-mode= power-on-config: local-cache-sr= chipset-info: ssl-legacy= guest-VCPUs-params: display= virtual-hardware-platform-versions= control-domain= iscsi-iqn= multipathing= uefi-certificates= editions= pending-guidances= tls-verification-enabled= timezone=' ;;
    host-param-set)
      printf '%s' 'uuid= name-label= name-description= other-config: logging: suspend-image-sr= crash-dump-sr= hostname= address= tags= license-server: guest-VCPUs-params: display=' ;;
    host-disable)
      printf '%s' 'uuid= name-label= auto-enable=' ;;
    host-send-debug-keys)
      printf '%s' 'uuid= name-label= keys=' ;;
    host-bugreport-upload)
      printf '%s' 'uuid= name-label= url= options=' ;;
    host-license-apply)
      printf '%s' 'uuid= name-label= contents=' ;;
    host-evacuate)
      printf '%s' 'uuid= name-label= network= evacuate-batch-size=' ;;
    host-management-reconfigure)
      printf '%s' 'pif=' ;;
    host-local-management-reconfigure)
      printf '%s' 'interface=' ;;
    host-query-data-source|host-record-data-source|host-forget-data-source-archives)
      printf '%s' 'uuid= name-label= data-source=' ;;
    host-set-hostname-live)
      printf '%s' 'uuid= name-label= hostname=' ;;
    host-crashdump-list)
      printf '%s' 'params= uuid= host= timestamp= size= other-config:' ;;
    host-crashdump-upload)
      printf '%s' 'uuid= url= options=' ;;
    host-patch-list)
      printf '%s' 'params= uuid= name-label= name-description= version= host= applied= timestamp-applied= size= pool-patch= other-config:' ;;
    host-metrics-list)
      printf '%s' 'params= uuid= memory-total= memory-free= live= last-updated= other-config:' ;;
    host-cpu-list)
      printf '%s' 'params= uuid= host= number= vendor= speed= modelname= family= model= stepping= flags= features= utilisation= other-config:' ;;
    network-list)
      printf '%s' 'params= uuid= name-label= name-description= allowed-operations= current-operations: VIFs= PIFs= MTU= other-config: bridge= managed= blobs: tags= default-locking-mode= assigned-ips: purpose=' ;;
    network-param-set)
      printf '%s' 'uuid= name-label= name-description= MTU= other-config: tags=' ;;
    network-create)
      printf '%s' 'name-label= name-description= MTU= other-config: bridge= managed= tags=' ;;
    vif-list)
      printf '%s' 'params= uuid= allowed-operations= current-operations: device= network= VM= MAC= MTU= other-config: currently-attached= status-code= status-detail= runtime-properties: qos-algorithm-type= qos-algorithm-params: qos-supported-algorithms= metrics= MAC-autogenerated= locking-mode= ipv4-allowed= ipv6-allowed= ipv4-configuration-mode= ipv4-addresses= ipv4-gateway= ipv6-configuration-mode= ipv6-addresses= ipv6-gateway=' ;;
    vif-param-set)
      printf '%s' 'uuid= other-config: qos-algorithm-type= qos-algorithm-params:' ;;
    vif-create)
      printf '%s' 'device= network= VM= MAC= MTU= other-config: currently-attached= qos-algorithm-type= qos-algorithm-params: locking-mode= ipv4-allowed= ipv6-allowed=' ;;
    vif-metrics-list)
      printf '%s' 'params= uuid= io-read-kbs= io-write-kbs= last-updated= other-config:' ;;
    pif-list)
      printf '%s' 'params= uuid= device= network= host= MAC= MTU= VLAN= metrics= physical= currently-attached= ip-configuration-mode= IP= netmask= gateway= DNS= bond-slave-of= bond-master-of= VLAN-master-of= VLAN-slave-of= management= other-config: disallow-unplug= ipv6-configuration-mode= IPv6= ipv6-gateway= primary-address-type= managed= properties: capabilities= igmp-snooping-status=' ;;
    pif-create-vlan)
      printf '%s' 'device= network= host= VLAN=' ;;
    pif-reconfigure-ip)
      printf '%s' 'uuid= mode= IP= netmask= gateway= DNS=' ;;
    pif-introduce)
      printf '%s' 'host= MAC= device= managed=' ;;
    pif-metrics-list)
      printf '%s' 'params= uuid= io-read-kbs= io-write-kbs= carrier= vendor-id= vendor-name= device-id= device-name= speed= duplex= pci-bus-path= last-updated= other-config:' ;;
    bond-list)
      printf '%s' 'params= uuid= master= slaves= other-config: primary-slave= mode= properties: links-up= auto-update-mac=' ;;
    bond-create)
      printf '%s' 'network= members= MAC= mode= properties=' ;;
    vlan-list)
      printf '%s' 'params= uuid= tagged-PIF= untagged-PIF= tag= other-config:' ;;
    vlan-create)
      printf '%s' 'tagged-PIF= tag= network=' ;;
    sm-list)
      printf '%s' 'params= uuid= name-label= name-description= type= vendor= copyright= version= required-api-version= configuration: capabilities= features: other-config: driver-filename= required-cluster-stack=' ;;
    sr-list)
      printf '%s' 'params= uuid= name-label= name-description= allowed-operations= current-operations: VDIs= PBDs= virtual-allocation= physical-utilisation= physical-size= type= content-type= shared= other-config: tags= sm-config: blobs: local-cache-enabled= clustered= is-tools-sr=' ;;
    sr-param-set)
      printf '%s' 'uuid= name-label= name-description= virtual-allocation= physical-utilisation= physical-size= shared= other-config: tags= sm-config:' ;;
    sr-create)
      printf '%s' 'host= device-config= physical-size= name-label= name-description= type= content-type= shared= sm-config=' ;;
    sr-introduce)
      printf '%s' 'uuid= name-label= name-description= type= content-type= shared= sm-config=' ;;
    sr-make)
      printf '%s' 'host= device-config= physical-size= name-label= name-description= type= content-type= sm-config=' ;;
    sr-probe)
      printf '%s' 'host= device-config= type= sm-config=' ;;
    vdi-list)
      printf '%s' 'params= uuid= name-label= name-description= allowed-operations= current-operations: SR= VBDs= crash-dumps= virtual-size= physical-utilisation= type= sharable= read-only= other-config: storage-lock= location= managed= missing= parent= xenstore-data: sm-config: is-a-snapshot= snapshot-of= snapshots= snapshot-time= tags= allow-caching= on-boot= metadata-of-pool= metadata-latest= is-tools-iso= cbt-enabled=' ;;
    vdi-param-set)
      printf '%s' 'uuid= name-label= name-description= virtual-size= physical-utilisation= read-only= other-config: managed= missing= xenstore-data: sm-config: tags=' ;;
    vdi-snapshot|vdi-clone)
      printf '%s' 'uuid= name-label= driver-params=' ;;
    vdi-resize|vdi-resize-online)
      printf '%s' 'uuid= name-label= size=' ;;
    vdi-introduce)
      printf '%s' 'uuid= name-label= name-description= SR= type= sharable= read-only= other-config= location= xenstore-data= sm-config= managed= virtual-size= physical-utilisation= metadata-of-pool= is-a-snapshot= snapshot-time= snapshot-of=' ;;
    vdi-copy)
      printf '%s' 'uuid= name-label= sr= base-vdi= into-vdi=' ;;
    vdi-create)
      printf '%s' 'name-label= name-description= SR= virtual-size= type= sharable= read-only= other-config: xenstore-data: sm-config: tags=' ;;
    vbd-list)
      printf '%s' 'params= uuid= allowed-operations= current-operations: VM= VDI= device= userdevice= bootable= mode= type= unpluggable= storage-lock= empty= other-config: currently-attached= status-code= status-detail= runtime-properties: qos-algorithm-type= qos-algorithm-params: qos-supported-algorithms= metrics=' ;;
    vbd-param-set)
      printf '%s' 'uuid= userdevice= bootable= mode= type= unpluggable= other-config: qos-algorithm-type= qos-algorithm-params:' ;;
    vbd-insert)
      printf '%s' 'uuid= vdi=' ;;
    vbd-create)
      printf '%s' 'VM= VDI= device= userdevice= bootable= mode= type= unpluggable= empty= other-config: currently-attached= qos-algorithm-type= qos-algorithm-params:' ;;
    vbd-metrics-list)
      printf '%s' 'params= uuid= io-read-kbs= io-write-kbs= last-updated=' ;;
    pbd-list)
      printf '%s' 'params= uuid= host= SR= device-config: currently-attached= other-config:' ;;
    pbd-param-set)
      printf '%s' 'uuid= device-config: other-config:' ;;
    pbd-create)
      printf '%s' 'host= SR= device-config: other-config:' ;;
    crashdump-list)
      printf '%s' 'params= uuid= VM= VDI= other-config:' ;;
    vtpm-list)
      printf '%s' 'params= uuid= allowed-operations= current-operations: VM= backend=' ;;
    vtpm-create)
      printf '%s' 'vM= is-unique=' ;;
    console-list)
      printf '%s' 'params= uuid= protocol= location= VM= other-config:' ;;
    console-create)
      printf '%s' 'other-config:' ;;
    user-param-set)
      printf '%s' 'uuid= fullname= other-config:' ;;
    user-create)
      printf '%s' 'short-name= fullname= other-config:' ;;
    role-list)
      printf '%s' 'params= uuid= name-label= name-description= subroles= is-internal=' ;;
    role-get-by-permission-name-label)
      printf '%s' 'label=' ;;
    subject-list)
      printf '%s' 'params= uuid= subject-identifier= other-config: roles=' ;;
    subject-create)
      printf '%s' 'subject-identifier= other-config:' ;;
    message-list)
      printf '%s' 'params= uuid= name= priority= cls= obj-uuid= timestamp= body=' ;;
    message-create)
      printf '%s' 'name= priority= cls= obj-uuid= body=' ;;
    message-get)
      printf '%s' 'cls= obj-uuid= since=' ;;
    message-get-since)
      printf '%s' 'since=' ;;
    blob-list)
      printf '%s' 'params= uuid= name-label= name-description= size= public= last-updated= mime-type=' ;;
    blob-param-set)
      printf '%s' 'uuid= name-label= name-description= public=' ;;
    blob-create)
      printf '%s' 'mime-type= public=' ;;
    vm-appliance-list)
      printf '%s' 'params= uuid= name-label= name-description= allowed-operations= current-operations: VMs=' ;;
    vm-appliance-param-set)
      printf '%s' 'uuid= name-label= name-description=' ;;
    vm-appliance-start)
      printf '%s' 'uuid= name-label= paused=' ;;
    vm-appliance-create)
      printf '%s' 'name-label= name-description=' ;;
    secret-list)
      printf '%s' 'params= uuid= value= other-config:' ;;
    secret-param-set)
      printf '%s' 'uuid= value= other-config:' ;;
    secret-create)
      printf '%s' 'value= other-config:' ;;
    cluster-list)
      printf '%s' 'params= uuid= cluster-hosts= pending-forget= cluster-token= cluster-stack= cluster-stack-version= is-quorate= quorum= live-hosts= expected-hosts= allowed-operations= current-operations: pool-auto-join= token-timeout= token-timeout-coefficient= cluster-config: other-config:' ;;
    cluster-create)
      printf '%s' 'PIF= cluster-stack= pool-auto-join= token-timeout= token-timeout-coefficient=' ;;
    cluster-pool-create)
      printf '%s' 'network= cluster-stack= token-timeout= token-timeout-coefficient=' ;;
    cluster-host-list)
      printf '%s' 'params= uuid= cluster= host= enabled= PIF= joined= live= last-update-live= allowed-operations= current-operations: other-config:' ;;
    cluster-host-create)
      printf '%s' 'cluster= host= pif=' ;;
    cluster-stack-list)
      printf '%s' 'params= uuid= name-label= name-description= host= path= usable= refusals= scripts= contract-version= capabilities= restricts-srs= ha-supported-srs= last-changed= fingerprint=' ;;
    cluster-stack-explain-choice)
      printf '%s' 'cluster-stack=' ;;
  esac
}

# The fields that params= or param-name= of a command may name.
_quorate_fields() {
  case $1 in
    session-param-get)
      printf '%s' 'uuid this-host this-user last-active pool other-config is-local-superuser subject validation-time auth-user-sid auth-user-name rbac-permissions tasks parent originator client-certificate' ;;
    session-param-add|session-param-remove|session-param-clear|task-param-add|task-param-remove|pool-patch-param-add|pool-patch-param-remove|pool-patch-param-clear|vm-metrics-param-add|vm-metrics-param-remove|vm-metrics-param-clear|vm-guest-metrics-param-add|vm-guest-metrics-param-remove|vm-guest-metrics-param-clear|host-crashdump-param-add|host-crashdump-param-remove|host-crashdump-param-clear|host-patch-param-add|host-patch-param-remove|host-patch-param-clear|host-metrics-param-add|host-metrics-param-remove|host-metrics-param-clear|host-cpu-param-add|host-cpu-param-remove|host-cpu-param-clear|vif-metrics-param-add|vif-metrics-param-remove|vif-metrics-param-clear|pif-param-add|pif-param-remove|pif-param-clear|pif-metrics-param-add|pif-metrics-param-remove|pif-metrics-param-clear|bond-param-add|bond-param-remove|bond-param-clear|vlan-param-add|vlan-param-remove|vlan-param-clear|sm-param-add|sm-param-remove|sm-param-clear|pbd-param-add|pbd-param-remove|crashdump-param-add|crashdump-param-remove|crashdump-param-clear|console-param-add|console-param-remove|console-param-clear|user-param-add|user-param-remove|secret-param-add|secret-param-remove|cluster-param-add|cluster-param-remove|cluster-param-clear)
      printf '%s' 'other-config' ;;
    task-list)
      printf '%s' 'all uuid name-label name-description allowed-operations current-operations created finished status resident-on progress type result error-info other-config subtask-of subtasks backtrace' ;;
    task-param-get)
      printf '%s' 'uuid name-label name-description allowed-operations current-operations created finished status resident-on progress type result error-info other-config subtask-of subtasks backtrace' ;;
    task-param-clear)
      printf '%s' 'result error-info other-config' ;;
    pool-list)
      printf '%s' 'all uuid name-label name-description master default-SR suspend-image-SR crash-dump-SR other-config ha-enabled ha-configuration ha-statefiles ha-host-failures-to-tolerate ha-plan-exists-for ha-allow-overcommit ha-overcommitted blobs tags gui-config health-check-config wlb-url wlb-username wlb-enabled wlb-verify-cert redo-log-enabled redo-log-vdi vswitch-controller restrictions metadata-VDIs ha-cluster-stack allowed-operations current-operations guest-agent-config cpu-info policy-no-vendor-device live-patching-disabled igmp-snooping-enabled uefi-certificates is-psr-pending tls-verification-enabled client-certificate-auth-enabled client-certificate-auth-name repository-proxy-url repository-proxy-username repository-proxy-password coordinator-bias' ;;
    pool-param-get)
      printf '%s' 'uuid name-label name-description master default-SR suspend-image-SR crash-dump-SR other-config ha-enabled ha-configuration ha-statefiles ha-host-failures-to-tolerate ha-plan-exists-for ha-allow-overcommit ha-overcommitted blobs tags gui-config health-check-config wlb-url wlb-username wlb-enabled wlb-verify-cert redo-log-enabled redo-log-vdi vswitch-controller restrictions metadata-VDIs ha-cluster-stack allowed-operations current-operations guest-agent-config cpu-info policy-no-vendor-device live-patching-disabled igmp-snooping-enabled uefi-certificates is-psr-pending tls-verification-enabled client-certificate-auth-enabled client-certificate-auth-name repository-proxy-url repository-proxy-username repository-proxy-password coordinator-bias' ;;
    pool-param-add|pool-param-remove)
      printf '%s' 'other-config tags gui-config health-check-config' ;;
    pool-param-clear)
      printf '%s' 'name-label name-description default-SR suspend-image-SR crash-dump-SR other-config tags gui-config health-check-config' ;;
    pool-patch-list)
      printf '%s' 'all uuid name-label name-description version size pool-applied host-patches after-apply-guidance other-config' ;;
    pool-patch-param-get)
      printf '%s' 'uuid name-label name-description version size pool-applied host-patches after-apply-guidance other-config' ;;
    vm-list|template-list|snapshot-list)
      printf '%s' 'all uuid allowed-operations current-operations name-label name-description power-state user-version is-a-template is-default-template suspend-VDI resident-on scheduled-to-be-resident-on affinity memory-overhead memory-target memory-static-max memory-dynamic-max memory-dynamic-min memory-static-min VCPUs-params VCPUs-max VCPUs-at-startup actions-after-shutdown actions-after-reboot actions-after-crash consoles VIFs VBDs crash-dumps VTPMs PV-bootloader PV-kernel PV-ramdisk PV-args PV-bootloader-args PV-legacy-args HVM-boot-policy HVM-boot-params HVM-shadow-multiplier platform PCI-bus other-config domid domarch last-boot-CPU-flags is-control-domain metrics guest-metrics last-booted-record recommendations xenstore-data ha-always-run ha-restart-priority is-a-snapshot snapshot-of snapshots snapshot-time transportable-snapshot-id blobs tags blocked-operations snapshot-info snapshot-metadata parent children bios-strings is-vmss-snapshot appliance start-delay shutdown-delay order suspend-SR version generation-id hardware-platform-version has-vendor-device requires-reboot reference-label domain-type NVRAM pending-guidances' ;;
    vm-param-get)
      printf '%s' 'uuid allowed-operations current-operations name-label name-description power-state user-version is-a-template is-default-template suspend-VDI resident-on scheduled-to-be-resident-on affinity memory-overhead memory-target memory-static-max memory-dynamic-max memory-dynamic-min memory-static-min VCPUs-params VCPUs-max VCPUs-at-startup actions-after-shutdown actions-after-reboot actions-after-crash consoles VIFs VBDs crash-dumps VTPMs PV-bootloader PV-kernel PV-ramdisk PV-args PV-bootloader-args PV-legacy-args HVM-boot-policy HVM-boot-params HVM-shadow-multiplier platform PCI-bus other-config domid domarch last-boot-CPU-flags is-control-domain metrics guest-metrics last-booted-record recommendations xenstore-data ha-always-run ha-restart-priority is-a-snapshot snapshot-of snapshots snapshot-time transportable-snapshot-id blobs tags blocked-operations snapshot-info snapshot-metadata parent children bios-strings is-vmss-snapshot appliance start-delay shutdown-delay order suspend-SR version generation-id hardware-platform-version has-vendor-device requires-reboot reference-label domain-type NVRAM pending-guidances' ;;
    vm-param-add|vm-param-remove)
      printf '%s' 'VCPUs-params HVM-boot-params platform other-config xenstore-data tags' ;;
    vm-param-clear)
      printf '%s' 'name-label name-description affinity VCPUs-params PV-bootloader PV-kernel PV-ramdisk PV-args PV-bootloader-args PV-legacy-args HVM-boot-policy HVM-boot-params platform PCI-bus other-config recommendations xenstore-data tags suspend-SR' ;;
    vm-metrics-list)
      printf '%s' 'all uuid memory-actual VCPUs-number VCPUs-utilisation VCPUs-CPU VCPUs-params VCPUs-flags state start-time install-time last-updated other-config hvm nested-virt nomigrate current-domain-type' ;;
    vm-metrics-param-get)
      printf '%s' 'uuid memory-actual VCPUs-number VCPUs-utilisation VCPUs-CPU VCPUs-params VCPUs-flags state start-time install-time last-updated other-config hvm nested-virt nomigrate current-domain-type' ;;
    vm-guest-metrics-list)
      printf '%s' 'all uuid os-version PV-drivers-version PV-drivers-up-to-date memory disks networks other last-updated other-config live can-use-hotplug-vbd can-use-hotplug-vif PV-drivers-detected' ;;
    vm-guest-metrics-param-get)
      printf '%s' 'uuid os-version PV-drivers-version PV-drivers-up-to-date memory disks networks other last-updated other-config live can-use-hotplug-vbd can-use-hotplug-vif PV-drivers-detected' ;;
    host-list)
      printf '%s' 'all uuid name-label name-description memory-overhead allowed-operations current-operations API-version-major API-version-minor API-version-vendor API-version-vendor-implementation enabled software-version other-config capabilities cpu-configuration sched-policy supported-bootloaders resident-VMs logging PIFs suspend-image-sr crash-dump-sr crashdumps patches PBDs host-CPUs cpu-info hostname address metrics license-params ha-statefiles ha-network-peers blobs tags external-auth-type external-auth-service-name external-auth-configuration edition license-server bios-strings power-on-mode power-on-config local-cache-sr chipset-info ssl-legacy guest-VCPUs-params display virtual-hardware-platform-versions control-domain iscsi-iqn multipathing uefi-certificates editions pending-guidances tls-verification-enabled timezone' ;;
    host-param-get)
      printf '%s' 'uuid name-label name-description memory-overhead allowed-operations current-operations API-version-major API-version-minor API-version-vendor API-version-vendor-implementation enabled software-version other-config capabilities cpu-configuration sched-policy supported-bootloaders resident-VMs logging PIFs suspend-image-sr crash-dump-sr crashdumps patches PBDs host-CPUs cpu-info hostname address metrics license-params ha-statefiles ha-network-peers blobs tags external-auth-type external-auth-service-name external-auth-configuration edition license-server bios-strings power-on-mode power-on-config local-cache-sr chipset-info ssl-legacy guest-VCPUs-params display virtual-hardware-platform-versions control-domain iscsi-iqn multipathing uefi-certificates editions pending-guidances tls-verification-enabled timezone' ;;
    host-param-add|host-param-remove)
      printf '%s' 'other-config logging tags license-server guest-VCPUs-params' ;;
    host-param-clear)
      printf '%s' 'name-label name-description other-config logging suspend-image-sr crash-dump-sr hostname address tags license-server guest-VCPUs-params' ;;
    host-crashdump-list)
      printf '%s' 'all uuid host timestamp size other-config' ;;
    host-crashdump-param-get)
      printf '%s' 'uuid host timestamp size other-config' ;;
    host-patch-list)
      printf '%s' 'all uuid name-label name-description version host applied timestamp-applied size pool-patch other-config' ;;
    host-patch-param-get)
      printf '%s' 'uuid name-label name-description version host applied timestamp-applied size pool-patch other-config' ;;
    host-metrics-list)
      printf '%s' 'all uuid memory-total memory-free live last-updated other-config' ;;
    host-metrics-param-get)
      printf '%s' 'uuid memory-total memory-free live last-updated other-config' ;;
    host-cpu-list)
      printf '%s' 'all uuid host number vendor speed modelname family model stepping flags features utilisation other-config' ;;
    host-cpu-param-get)
      printf '%s' 'uuid host number vendor speed modelname family model stepping flags features utilisation other-config' ;;
    network-list)
      printf '%s' 'all uuid name-label name-description allowed-operations current-operations VIFs PIFs MTU other-config bridge managed blobs tags default-locking-mode assigned-ips purpose' ;;
    network-param-get)
      printf '%s' 'uuid name-label name-description allowed-operations current-operations VIFs PIFs MTU other-config bridge managed blobs tags default-locking-mode assigned-ips purpose' ;;
    network-param-add|network-param-remove)
      printf '%s' 'other-config tags' ;;
    network-param-clear)
      printf '%s' 'name-label name-description other-config tags' ;;
    vif-list)
      printf '%s' 'all uuid allowed-operations current-operations device network VM MAC MTU other-config currently-attached status-code status-detail runtime-properties qos-algorithm-type qos-algorithm-params qos-supported-algorithms metrics MAC-autogenerated locking-mode ipv4-allowed ipv6-allowed ipv4-configuration-mode ipv4-addresses ipv4-gateway ipv6-configuration-mode ipv6-addresses ipv6-gateway' ;;
    vif-param-get)
      printf '%s' 'uuid allowed-operations current-operations device network VM MAC MTU other-config currently-attached status-code status-detail runtime-properties qos-algorithm-type qos-algorithm-params qos-supported-algorithms metrics MAC-autogenerated locking-mode ipv4-allowed ipv6-allowed ipv4-configuration-mode ipv4-addresses ipv4-gateway ipv6-configuration-mode ipv6-addresses ipv6-gateway' ;;
    vif-param-add|vif-param-remove|vbd-param-add|vbd-param-remove)
      printf '%s' 'other-config qos-algorithm-params' ;;
    vif-param-clear)
      printf '%s' 'other-config qos-algorithm-type qos-algorithm-params' ;;
    vif-metrics-list)
      printf '%s' 'all uuid io-read-kbs io-write-kbs last-updated other-config' ;;
    vif-metrics-param-get)
      printf '%s' 'uuid io-read-kbs io-write-kbs last-updated other-config' ;;
    pif-list)
      printf '%s' 'all uuid device network host MAC MTU VLAN metrics physical currently-attached ip-configuration-mode IP netmask gateway DNS bond-slave-of bond-master-of VLAN-master-of VLAN-slave-of management other-config disallow-unplug ipv6-configuration-mode IPv6 ipv6-gateway primary-address-type managed properties capabilities igmp-snooping-status' ;;
    pif-param-get)
      printf '%s' 'uuid device network host MAC MTU VLAN metrics physical currently-attached ip-configuration-mode IP netmask gateway DNS bond-slave-of bond-master-of VLAN-master-of VLAN-slave-of management other-config disallow-unplug ipv6-configuration-mode IPv6 ipv6-gateway primary-address-type managed properties capabilities igmp-snooping-status' ;;
    pif-metrics-list)
      printf '%s' 'all uuid io-read-kbs io-write-kbs carrier vendor-id vendor-name device-id device-name speed duplex pci-bus-path last-updated other-config' ;;
    pif-metrics-param-get)
      printf '%s' 'uuid io-read-kbs io-write-kbs carrier vendor-id vendor-name device-id device-name speed duplex pci-bus-path last-updated other-config' ;;
    bond-list)
      printf '%s' 'all uuid master slaves other-config primary-slave mode properties links-up auto-update-mac' ;;
    bond-param-get)
      printf '%s' 'uuid master slaves other-config primary-slave mode properties links-up auto-update-mac' ;;
    vlan-list)
      printf '%s' 'all uuid tagged-PIF untagged-PIF tag other-config' ;;
    vlan-param-get)
      printf '%s' 'uuid tagged-PIF untagged-PIF tag other-config' ;;
    sm-list)
      printf '%s' 'all uuid name-label name-description type vendor copyright version required-api-version configuration capabilities features other-config driver-filename required-cluster-stack' ;;
    sm-param-get)
      printf '%s' 'uuid name-label name-description type vendor copyright version required-api-version configuration capabilities features other-config driver-filename required-cluster-stack' ;;
    sr-list)
      printf '%s' 'all uuid name-label name-description allowed-operations current-operations VDIs PBDs virtual-allocation physical-utilisation physical-size type content-type shared other-config tags sm-config blobs local-cache-enabled clustered is-tools-sr' ;;
    sr-param-get)
      printf '%s' 'uuid name-label name-description allowed-operations current-operations VDIs PBDs virtual-allocation physical-utilisation physical-size type content-type shared other-config tags sm-config blobs local-cache-enabled clustered is-tools-sr' ;;
    sr-param-add|sr-param-remove)
      printf '%s' 'other-config tags sm-config' ;;
    sr-param-clear)
      printf '%s' 'name-label name-description other-config tags sm-config' ;;
    vdi-list)
      printf '%s' 'all uuid name-label name-description allowed-operations current-operations SR VBDs crash-dumps virtual-size physical-utilisation type sharable read-only other-config storage-lock location managed missing parent xenstore-data sm-config is-a-snapshot snapshot-of snapshots snapshot-time tags allow-caching on-boot metadata-of-pool metadata-latest is-tools-iso cbt-enabled' ;;
    vdi-param-get)
      printf '%s' 'uuid name-label name-description allowed-operations current-operations SR VBDs crash-dumps virtual-size physical-utilisation type sharable read-only other-config storage-lock location managed missing parent xenstore-data sm-config is-a-snapshot snapshot-of snapshots snapshot-time tags allow-caching on-boot metadata-of-pool metadata-latest is-tools-iso cbt-enabled' ;;
    vdi-param-add|vdi-param-remove)
      printf '%s' 'other-config xenstore-data sm-config tags' ;;
    vdi-param-clear)
      printf '%s' 'name-label name-description other-config xenstore-data sm-config tags' ;;
    vbd-list)
      printf '%s' 'all uuid allowed-operations current-operations VM VDI device userdevice bootable mode type unpluggable storage-lock empty other-config currently-attached status-code status-detail runtime-properties qos-algorithm-type qos-algorithm-params qos-supported-algorithms metrics' ;;
    vbd-param-get)
      printf '%s' 'uuid allowed-operations current-operations VM VDI device userdevice bootable mode type unpluggable storage-lock empty other-config currently-attached status-code status-detail runtime-properties qos-algorithm-type qos-algorithm-params qos-supported-algorithms metrics' ;;
    vbd-param-clear)
      printf '%s' 'userdevice other-config qos-algorithm-type qos-algorithm-params' ;;
    vbd-metrics-list)
      printf '%s' 'all uuid io-read-kbs io-write-kbs last-updated' ;;
    vbd-metrics-param-get)
      printf '%s' 'uuid io-read-kbs io-write-kbs last-updated' ;;
    pbd-list)
      printf '%s' 'all uuid host SR device-config currently-attached other-config' ;;
    pbd-param-get)
      printf '%s' 'uuid host SR device-config currently-attached other-config' ;;
    pbd-param-clear)
      printf '%s' 'device-config other-config' ;;
    crashdump-list)
      printf '%s' 'all uuid VM VDI other-config' ;;
    crashdump-param-get)
      printf '%s' 'uuid VM VDI other-config' ;;
    vtpm-list)
      printf '%s' 'all uuid allowed-operations current-operations VM backend' ;;
    vtpm-param-get)
      printf '%s' 'uuid allowed-operations current-operations VM backend' ;;
    console-list)
      printf '%s' 'all uuid protocol location VM other-config' ;;
    console-param-get)
      printf '%s' 'uuid protocol location VM other-config' ;;
    user-param-get)
      printf '%s' 'uuid short-name fullname other-config' ;;
    user-param-clear)
      printf '%s' 'fullname other-config' ;;
    role-list)
      printf '%s' 'all uuid name-label name-description subroles is-internal' ;;
    role-param-get)
      printf '%s' 'uuid name-label name-description subroles is-internal' ;;
    subject-list)
      printf '%s' 'all uuid subject-identifier other-config roles' ;;
    subject-param-get)
      printf '%s' 'uuid subject-identifier other-config roles' ;;
    message-list)
      printf '%s' 'all uuid name priority cls obj-uuid timestamp body' ;;
    message-param-get)
      printf '%s' 'uuid name priority cls obj-uuid timestamp body' ;;
    blob-list)
      printf '%s' 'all uuid name-label name-description size public last-updated mime-type' ;;
    blob-param-get)
      printf '%s' 'uuid name-label name-description size public last-updated mime-type' ;;
    blob-param-clear|vm-appliance-param-clear)
      printf '%s' 'name-label name-description' ;;
    vm-appliance-list)
      printf '%s' 'all uuid name-label name-description allowed-operations current-operations VMs' ;;
    vm-appliance-param-get)
      printf '%s' 'uuid name-label name-description allowed-operations current-operations VMs' ;;
    secret-list)
      printf '%s' 'all uuid value other-config' ;;
    secret-param-get)
      printf '%s' 'uuid value other-config' ;;
    secret-param-clear)
      printf '%s' 'value other-config' ;;
    cluster-list)
      printf '%s' 'all uuid cluster-hosts pending-forget cluster-token cluster-stack cluster-stack-version is-quorate quorum live-hosts expected-hosts allowed-operations current-operations pool-auto-join token-timeout token-timeout-coefficient cluster-config other-config' ;;
    cluster-param-get)
      printf '%s' 'uuid cluster-hosts pending-forget cluster-token cluster-stack cluster-stack-version is-quorate quorum live-hosts expected-hosts allowed-operations current-operations pool-auto-join token-timeout token-timeout-coefficient cluster-config other-config' ;;
    cluster-host-list)
      printf '%s' 'all uuid cluster host enabled PIF joined live last-update-live allowed-operations current-operations other-config' ;;
    cluster-host-param-get)
      printf '%s' 'uuid cluster host enabled PIF joined live last-update-live allowed-operations current-operations other-config' ;;
    cluster-stack-list)
      printf '%s' 'all uuid name-label name-description host path usable refusals scripts contract-version capabilities restricts-srs ha-supported-srs last-changed fingerprint' ;;
    cluster-stack-param-get)
      printf '%s' 'uuid name-label name-description host path usable refusals scripts contract-version capabilities restricts-srs ha-supported-srs last-changed fingerprint' ;;
  esac
}

_quorate() {
  local line=${COMP_LINE:0:COMP_POINT} current previous command='' index before='' candidate
  local -a words=() offers=()
  COMPREPLY=()
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  index=$((${#words[@]} - 1))
  ((index > 0)) || return 0
  current=${words[index]}
  previous=${words[index - 1]}
  case $previous in
    --socket|--dir)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return 0 ;;
    --timeout)
      return 0 ;;
  esac
  for ((index = 1; index < ${#words[@]} - 1; index++)); do
    case ${words[index]} in
      --socket|--dir|--timeout) index=$((index + 1)) ;;
      -*) ;;
      *) command=${words[index]}; break ;;
    esac
  done
  if [[ $current == --* ]]; then
    offers=(--socket --dir --minimal --json --no-color --timeout --help --version)
  elif [[ -z $command ]]; then
    read -ra offers <<<"$_quorate_commands"
  elif [[ $current == params=* || $current == param-name=* ]]; then
    before=${current%%=*}=
    [[ $before == params= && $current == *,* ]] && before=${current%,*},
    read -ra offers <<<"$(_quorate_fields "$command")"
  elif [[ $command == call || $current == *=* ]]; then
    # What stands in the database, and what a field may be, the program itself knows.
    [[ $command != call && $current == *=* ]] && before=${current%%=*}=
    mapfile -t offers < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
  else
    read -ra offers <<<"$(_quorate_words "$command")"
  fi
  for candidate in "${offers[@]}"; do
    [[ $before$candidate == "$current"* ]] || continue
    # A word that goes on: no space after it.
    [[ $candidate == *[=:.] || $before == *, ]] && compopt -o nospace 2>/dev/null
    printf -v candidate '%q' "$candidate"
    COMPREPLY+=("$before$candidate")
  done
  # Bash replaces only what follows the last character at which it breaks words.
  local breaks=${COMP_WORDBREAKS//[^=:]/} kept
  if [[ -n $breaks && $current == *[$breaks]* ]]; then
    kept=${current%"${current##*[$breaks]}"}
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
  fi
}

complete -F _quorate quorate
