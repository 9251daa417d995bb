#!/bin/bash
# Makes a small Debian with Debian's own kernel and all its modules, for tests that need what the machine's kernel lacks
# (bonds, VLANs) or must not be done to it (a restart, another system that configures the network):
# kernel-vm.sh FOLDER, as root, with debootstrap, qemu-system-x86_64 and apt. Then run the tests with
# QUORATE_KERNEL_VM=FOLDER. Takes about two minutes and 1 GB.
set -eu
folder=${1:?"usage: kernel-vm.sh FOLDER"}
mkdir -p "$folder"
cd "$folder"
packages=systemd,systemd-sysv,dbus,udev,kmod,iproute2,procps,ethtool
# All systems that can configure the network, with what usually comes with ifupdown. None but networkd is enabled.
packages+=,network-manager,libpam-systemd,netplan.io,ifupdown,isc-dhcp-client,dhcpcd-base,bridge-utils,ifenslave,vlan
kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/{print $2; exit}')
mirror=$(apt-cache policy | grep -om1 'http[^ ]*/debian ' | tr -d ' ')
apt-get download -q busybox-static "$kernel" >/dev/null
for package in ./*.deb; do dpkg -x "$package" unpacked; done
cp unpacked/boot/vmlinuz-* vmlinuz
version=$(basename unpacked/lib/modules/*)
modules=unpacked/lib/modules/$version

debootstrap --variant=minbase --include=$packages bookworm root "$mirror" >debootstrap.log 2>&1
mkdir -p root/usr/lib/modules
cp -a "$modules" root/usr/lib/modules/
depmod -b root "$version"
echo kernel-vm >root/etc/hostname
cat >root/etc/systemd/system/test-control.service <<'UNIT'
[Unit]
After=multi-user.target
[Service]
StandardInput=tty
StandardOutput=tty
TTYPath=/dev/ttyS1
ExecStart=/bin/sh -c "stty raw -echo; exec /bin/bash --norc --noprofile --noediting"
Restart=always
# A shell on a terminal does not hear SIGTERM, and would hold up a restart of the machine for a minute and a half.
KillSignal=SIGKILL
[Install]
WantedBy=graphical.target
UNIT
chroot root systemctl enable test-control systemd-networkd >/dev/null 2>&1
chroot root systemctl disable NetworkManager NetworkManager-wait-online ModemManager wpa_supplicant networking >/dev/null 2>&1 || true
rm -rf root/etc/netplan/* root/var/cache/apt root/var/lib/apt/lists
printf 'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n' >root/etc/network/interfaces
for unit in serial-getty@ttyS0 serial-getty@ttyS1 console-getty getty@tty1 systemd-networkd-wait-online; do
  ln -sf /dev/null root/etc/systemd/system/$unit.service
done
truncate -s 2G root.img
mke2fs -q -t ext4 -d root -F root.img

mkdir -p initial/{bin,proc,dev,m,r}
cp unpacked/bin/busybox initial/bin/
for applet in sh mount insmod switch_root sleep; do ln -sf busybox initial/bin/$applet; done
virtio="virtio/virtio_ring virtio/virtio virtio/virtio_pci_legacy_dev virtio/virtio_pci_modern_dev virtio/virtio_pci block/virtio_blk"
for module in $virtio; do cp "$modules/kernel/drivers/$module.ko" initial/m/; done
cat >initial/init <<'INIT'
#!/bin/sh
mount -t proc p /proc
mount -t devtmpfs d /dev
for m in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk; do insmod /m/$m.ko; done
while [ ! -b /dev/vda ]; do sleep 0.05; done
mount -t ext4 /dev/vda /r && exec switch_root /r /sbin/init
INIT
chmod +x initial/init
(cd initial && find . | cpio -o -H newc 2>/dev/null | gzip >../initrd)
rm -rf root unpacked initial ./*.deb
