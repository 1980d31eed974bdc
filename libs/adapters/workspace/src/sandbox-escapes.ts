/** A command that tries to get out. It is a line for `sh`; the variables are `EscapeVariable`. */
export interface Escape {
  readonly name: string;
  readonly line: string;
  /** Run without a sandbox it does what it tries to, in folders made for it, on a system with the usual programs: so a gate that sees nothing is noticed. */
  readonly shows?: true;
  /** Hosts that are granted. */
  readonly hosts?: readonly string[];
}

/**
 * - `OUT`: a folder outside that can be seen; `HIDDEN`: one in the system's temporary folder; `HOME`: a home folder with keys in it; `OWN`: the program's own.
 * - `PORT`, `ADDRESS`: a server of the host on loopback, and the host's address; `UDP`: the same for datagrams; `ABSTRACT`: a socket without a file.
 * - `VICTIM`: a process of the host; `MARK`: words by which a process that stayed is found; `SHM`: a name in shared memory; `NODE`: Node.
 */
export type EscapeVariable =
  'OUT' | 'HIDDEN' | 'OWN' | 'PORT' | 'ADDRESS' | 'UDP' | 'ABSTRACT' | 'VICTIM' | 'MARK' | 'SHM' | 'NODE';

const send = (where: string): string =>
  `"$NODE" -e "const s=require('net').connect(${where}, () => { s.end('in'); }); s.on('error', () => {}); setTimeout(() => process.exit(), 1000).unref(); s.on('close', () => process.exit())"`;

/** Commands that must all fail, grouped by what they try. What they did is judged from outside. */
export const escapes: readonly Escape[] = [
  // Files outside.
  { name: 'write outside', line: 'echo x > "$OUT/kept.txt"', shows: true },
  { name: 'make a file outside', line: 'touch "$OUT/new.txt"', shows: true },
  { name: 'make a file through ..', line: 'touch ../new.txt', shows: true },
  { name: 'delete outside', line: 'rm -rf "$OUT/kept.txt" "$OUT/folder"', shows: true },
  { name: 'write through a link', line: 'ln -s "$OUT/kept.txt" l && echo x > l', shows: true },
  { name: 'write through a linked folder', line: 'ln -s "$OUT" d && echo x > d/kept.txt && touch d/new', shows: true },
  { name: 'write through a hard link', line: 'ln "$OUT/kept.txt" h && echo x > h', shows: true },
  { name: 'move a file out', line: 'echo x > m && mv m "$OUT/kept.txt"', shows: true },
  { name: 'move a file in', line: 'mv "$OUT/kept.txt" stolen', shows: true },
  { name: 'change a mode outside', line: 'chmod 777 "$OUT/kept.txt"', shows: true },
  { name: 'change a time outside', line: 'touch -d 2001-01-01 "$OUT/kept.txt"', shows: true },
  { name: 'replace the root by a link', line: 'cd .. && mv ws ws2 && ln -s "$OUT" ws', shows: true },
  { name: 'write into the temporary folder', line: 'touch "$HIDDEN/new"; echo x > "$HIDDEN/kept.txt"', shows: true },
  { name: 'write through /proc/1/root', line: 'echo x > "/proc/1/root$OUT/kept.txt"; touch "/proc/1/root$OUT/new"' },
  { name: 'write through /proc/self/root', line: 'touch "/proc/self/root$OUT/new"', shows: true },
  { name: 'write through /proc/self/cwd/..', line: 'touch /proc/self/cwd/../new', shows: true },
  {
    name: 'write through open descriptors',
    line: 'for f in /proc/self/fd/* /proc/1/fd/*; do case "$(readlink "$f")" in *kept*|*outside*) echo ESCAPED;; esac; [ -d "$f/" ] && touch "$f/../new" "$f/new"; done; true',
  },
  {
    name: 'write into system folders',
    line: 'for d in / /etc /usr/bin /usr/lib /opt /var/lib /boot; do : > "$d/$MARK" && echo ESCAPED; done; true',
  },
  {
    name: 'overwrite programs',
    line: 'for p in /usr/bin/bwrap /bin/sh "$NODE"; do (: >> "$p") && echo ESCAPED; done; true',
  },
  {
    name: 'write into the kernel’s settings',
    line: 'for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sysrq-trigger; do (: >> "$f") && echo ESCAPED; done; true',
  },
  {
    name: 'write into sysfs and cgroups',
    line: 'for f in /sys/power/state /sys/kernel/uevent_helper /sys/fs/cgroup/release_agent /sys/fs/cgroup/cgroup.procs; do [ -e "$f" ] && (: >> "$f") && echo ESCAPED; done; mkdir "/sys/fs/cgroup/$MARK" && echo ESCAPED; true',
  },
  {
    name: 'open disks',
    line: 'for d in /dev/vda /dev/sda /dev/nvme0n1 /dev/mem /dev/kmsg /dev/fuse /dev/kvm; do [ -e "$d" ] && (: < "$d") && echo ESCAPED; done; mknod disk b 254 0 && (: < disk) && echo ESCAPED; true',
  },
  // Namespaces and privileges.
  {
    name: 'mount',
    line: 'mount --bind "$OUT" . && echo ESCAPED; mount -o remount,rw / && echo ESCAPED; mount -t tmpfs x /mnt && echo ESCAPED; umount "$HOME" && echo ESCAPED; true',
  },
  {
    name: 'take a new user namespace',
    line: 'unshare -Ur sh -c "mount -o remount,rw,bind / && touch $OUT/new; echo ESCAPED"; unshare -Urm echo ESCAPED; true',
  },
  {
    name: 'take a namespace by the bare call',
    line: `perl -e 'print "ESCAPED\\n" if syscall(272, 0x10000000) == 0; print "ESCAPED\\n" if syscall(272, 0x00020000) == 0'`,
  },
  {
    name: 'enter the host’s namespaces',
    line: 'nsenter -t 1 -m -n -p touch "$OUT/new" && echo ESCAPED; nsenter -t "$VICTIM" -m -n touch "$OUT/new" && echo ESCAPED; true',
  },
  { name: 'change the root', line: 'chroot /proc/1/root touch "$OUT/new" && echo ESCAPED; true' },
  {
    name: 'become somebody',
    line: 'sudo -n true && echo ESCAPED; su -c true && echo ESCAPED; grep -q "^NoNewPrivs:.*1" /proc/self/status || echo ESCAPED; grep "^Cap\\(Eff\\|Bnd\\|Prm\\)" /proc/self/status | grep -qv "0000000000000000" && echo ESCAPED; true',
  },
  {
    name: 'use the kernel’s keyrings',
    line: `perl -e 'print "ESCAPED\\n" if syscall(248, "user", "k", "v", 1, -3) > 0; print "ESCAPED\\n" if syscall(250, 0, -3, 1) > 0'`,
  },
  {
    name: 'use io_uring and bpf',
    line: `perl -e 'my $p = "\\0" x 120; print "ESCAPED\\n" if syscall(425, 8, $p) > 0; print "ESCAPED\\n" if syscall(321, 5, $p, 120) > 0'`,
  },
  // What runs by itself later.
  {
    name: 'make a repository with hooks',
    line: 'mkdir -p .git/hooks; echo "[core]" > .git/config; echo "#!/bin/sh" > .git/hooks/pre-commit',
    shows: true,
  },
  {
    name: 'make a repository deeper',
    line: 'mkdir -p a/b/.git/hooks a/b/.git/objects a/b/.git/refs; echo "ref: refs/heads/x" > a/b/.git/HEAD; printf "[core]\\n\\tfsmonitor = touch x\\n" > a/b/.git/config',
    shows: true,
  },
  {
    name: 'make a bare repository',
    line: 'mkdir -p bare/objects bare/refs; echo "ref: refs/heads/x" > bare/HEAD; printf "[core]\\n\\tfsmonitor = touch x\\n" > bare/config',
    shows: true,
  },
  {
    name: 'make the root a bare repository',
    line: 'mkdir -p objects refs; echo "ref: refs/heads/x" > HEAD; printf "[core]\\n\\tfsmonitor = touch x\\n" > config',
    shows: true,
  },
  {
    name: 'point to a repository by a file',
    line: 'mkdir -p a g/objects g/refs; echo "ref: refs/heads/x" > g/HEAD; printf "[core]\\n\\tfsmonitor = touch x\\n" > g/config; echo "gitdir: ../g" > a/.git',
    shows: true,
  },
  {
    name: 'change a nested repository',
    line: 'echo x >> nested/.git/config; mkdir -p nested/.git/hooks; echo x > nested/.git/hooks/post-checkout',
    shows: true,
  },
  {
    name: 'replace a nested repository',
    line: 'mv nested nested2; rm -rf nested/.git; mkdir -p nested/.git/hooks; echo x > nested/.git/config',
    shows: true,
  },
  {
    name: 'change where a work tree belongs',
    line: 'echo "gitdir: /tmp/evil" > worktree/.git; rm -f worktree/.git; mv worktree w2',
    shows: true,
  },
  {
    name: 'change the repository of a work tree',
    line: 'echo x >> "$OUT/main/.git/config"; touch "$OUT/main/.git/hooks/post-commit"',
    shows: true,
  },
  {
    name: 'make settings for editors',
    line: 'mkdir -p .vscode .idea; echo x > .vscode/tasks.json; echo x > .idea/workspace.xml; mv tasks .vscode',
    shows: true,
  },
  {
    name: 'make settings for this program',
    line: 'mkdir -p .nootropic/agents; echo x > .nootropic/hooks.json',
    shows: true,
  },
  {
    name: 'make settings for other assistants',
    line: 'mkdir -p .claude .cursor; echo x > .claude/settings.json; echo x > .cursor/mcp.json; echo x > .mcp.json',
    shows: true,
  },
  {
    name: 'write shell profiles',
    line: 'echo x >> "$HOME/.bashrc"; echo x > "$HOME/.profile"; echo x > "$HOME/.zshenv"; echo x > .bashrc',
    shows: true,
  },
  {
    name: 'start with the session',
    line: 'mkdir -p "$HOME/.config/systemd/user" "$HOME/.config/autostart"; echo x > "$HOME/.config/systemd/user/x.service"; echo x > "$HOME/.config/autostart/x.desktop"',
    shows: true,
  },
  {
    name: 'write a crontab',
    line: 'echo "* * * * * true" | crontab - && echo ESCAPED; touch "/var/spool/cron/crontabs/$MARK" "/etc/cron.d/$MARK" && echo ESCAPED; true',
  },
  {
    name: 'start a service',
    line: 'systemctl --user start x && echo ESCAPED; systemd-run --user true && echo ESCAPED; systemctl is-system-running 2>/dev/null | grep -q running && echo ESCAPED; true',
  },
  {
    name: 'write an authorised key',
    line: 'mkdir -p "$HOME/.ssh"; echo x >> "$HOME/.ssh/authorized_keys"',
    shows: true,
  },
  // Secrets.
  {
    name: 'read keys of ssh',
    line: 'cat "$HOME/.ssh/id_ed25519"; cat /proc/1/root"$HOME"/.ssh/id_ed25519',
    shows: true,
  },
  {
    name: 'read keys of the cloud',
    line: 'cat "$HOME/.aws/credentials" "$HOME/.netrc" "$HOME/.config/gh/hosts.yml" "$HOME/.npmrc"',
    shows: true,
  },
  {
    name: 'read keys beside readable caches',
    line: 'cat "$HOME/.cargo/credentials.toml"; grep -r SECRET "$HOME"',
    shows: true,
  },
  { name: 'read keys of the workspace', line: 'cat .env nested/.env.local', shows: true },
  { name: 'read keys of the repository above', line: 'cat "$OUT/.env"', shows: true },
  { name: 'read the program’s own files', line: 'cat "$OWN/config.json"; grep -r SECRET "$OWN"', shows: true },
  { name: 'change the program’s own files', line: 'echo x > "$OWN/config.json"; touch "$OWN/new"', shows: true },
  {
    name: 'read the passwords of the system',
    line: 'grep -q . /etc/shadow && echo ESCAPED; ls /etc/ssh/*_key && echo ESCAPED; true',
  },
  {
    name: 'read another process',
    line: 'tr "\\0" "\\n" < "/proc/$VICTIM/environ"; cat "/proc/$VICTIM/cmdline"',
    shows: true,
  },
  { name: 'read the environment of the host', line: 'env; cat /proc/*/environ' },
  // Network and sockets.
  { name: 'connect by bash', line: 'bash -c "echo x > /dev/tcp/127.0.0.1/$PORT"', shows: true },
  { name: 'connect by node', line: send(`process.env.PORT, '127.0.0.1'`), shows: true },
  { name: 'connect by curl', line: 'curl -s -m 2 "http://127.0.0.1:$PORT/"', shows: true },
  { name: 'connect by wget', line: 'wget -q -T 2 -t 1 -O - "http://127.0.0.1:$PORT/"', shows: true },
  {
    name: 'connect by python',
    line: `python3 -c "import os,socket; socket.create_connection(('127.0.0.1', int(os.environ['PORT'])), 2)"`,
    shows: true,
  },
  {
    name: 'connect by perl',
    line: `perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ENV{PORT}", Timeout => 2)'`,
    shows: true,
  },
  { name: 'connect by nc', line: 'nc -w 1 127.0.0.1 "$PORT" < /dev/null; socat -u /dev/null "TCP:127.0.0.1:$PORT"' },
  { name: 'connect to the host’s address', line: send('process.env.PORT, process.env.ADDRESS'), shows: true },
  { name: 'connect by IPv6', line: send(`process.env.PORT, '::1'`) },
  {
    name: 'send a datagram',
    line: 'bash -c "echo x > /dev/udp/127.0.0.1/$UDP; echo x > /dev/udp/$ADDRESS/$UDP"',
    shows: true,
  },
  {
    name: 'ask for a name',
    line: 'getent ahosts example.com && echo ESCAPED; ping -c 1 -W 1 127.0.0.53 && [ -e /sys/class/net/eth0 ] && echo ESCAPED; true',
  },
  {
    name: 'find another interface',
    line: 'for i in /proc/net/route; do grep -q "^e" "$i" && echo ESCAPED; done; true',
  },
  {
    name: 'open a socket of another kind',
    line: `perl -MSocket -e 'for my $f (40, 17, 31, 38, 15) { print "ESCAPED $f\\n" if socket(my $s, $f, 1, 0) || socket($s, $f, 3, 0) || socket($s, $f, 5, 0) }'`,
  },
  { name: 'connect to a socket of the home folder', line: send(`process.env.HOME + '/agent.sock'`), shows: true },
  { name: 'connect to a socket that can be seen', line: send(`process.env.OUT + '/seen.sock'`), shows: true },
  { name: 'connect to a socket of the workspace', line: send(`'service.sock'`), shows: true },
  { name: 'connect to a socket of the temporary folder', line: send(`process.env.HIDDEN + '/tmp.sock'`), shows: true },
  {
    name: 'connect to services of the system',
    line: 'for s in /run/docker.sock /var/run/docker.sock /run/dbus/system_bus_socket /run/user/*/bus /run/systemd/private /tmp/.X11-unix/X0; do [ -e "$s" ] && echo ESCAPED; done; true',
  },
  { name: 'connect to a socket without a file', line: send(`'\\0' + process.env.ABSTRACT`), shows: true },
  // With a host granted there is a proxy, and nothing else.
  {
    name: 'past the proxy',
    line: `unset HTTP_PROXY http_proxy ALL_PROXY all_proxy; curl -s -m 2 --noproxy '*' "http://127.0.0.1:$PORT/"; ${send(`process.env.PORT, '127.0.0.1'`)}`,
    hosts: ['example.org'],
  },
  {
    name: 'to loopback by the proxy',
    line: 'curl -s -m 2 --noproxy "" "http://127.0.0.1:$PORT/"; curl -s -m 2 --noproxy "" -p "http://localhost:$PORT/"; curl -s -m 2 --noproxy "" -p "http://2130706433:$PORT/"; curl -s -m 2 --noproxy "" -p "http://[::ffff:127.0.0.1]:$PORT/"',
    hosts: ['example.org', '*.example.org'],
  },
  {
    name: 'to a permitted name that is this machine',
    line: 'curl -s -m 2 --noproxy "" "http://localhost:$PORT/"; curl -s -m 2 -p --noproxy "" "http://localhost:$PORT/"; curl -s -m 2 -p --noproxy "" "http://127.0.0.1:$PORT/"',
    hosts: ['localhost', '127.0.0.1', 'localhost:1', '*'],
  },
  {
    name: 'to a host by its header',
    line: 'curl -s -m 2 --noproxy "" -H "Host: example.org" "http://127.0.0.1:$PORT/"; printf "GET http://example.org@127.0.0.1:$PORT/ HTTP/1.1\\r\\nHost: example.org\\r\\n\\r\\n" | curl -s -m 2 --noproxy "" "http://example.org@127.0.0.1:$PORT/"',
    hosts: ['example.org'],
  },
  // Processes.
  { name: 'kill a process of the host', line: 'kill -9 "$VICTIM"; kill -9 "-$VICTIM"', shows: true },
  { name: 'kill everything', line: 'trap "" TERM; kill -TERM -1; pkill -9 -f "$MARK-victim"' },
  {
    name: 'trace a process of the host',
    line: `perl -e 'print "ESCAPED\\n" if syscall(101, 16, $ENV{VICTIM}, 0, 0) == 0'; gdb -p "$VICTIM" -batch -ex "call (int)getpid()" 2>&1 | grep -q "^.1 = " && echo ESCAPED; true`,
  },
  { name: 'stay behind in the background', line: 'sh -c ": $MARK; sleep 30" & true' },
  {
    name: 'stay behind in a new session',
    line: 'setsid sh -c ": $MARK; sleep 30" < /dev/null > /dev/null 2>&1 & sleep 0.2',
    shows: true,
  },
  {
    name: 'stay behind by nohup',
    line: 'nohup setsid sh -c ": $MARK; sleep 30" > /dev/null 2>&1 & sleep 0.2',
    shows: true,
  },
  {
    name: 'stay behind as a daemon',
    line: `"$NODE" -e "require('child_process').spawn('sh', ['-c', ': ' + process.env.MARK + '; sleep 30'], { detached: true, stdio: 'ignore' }).unref()"; sleep 0.2`,
    shows: true,
  },
  { name: 'write shared memory', line: 'echo x > "/dev/shm/$SHM"', shows: true },
  {
    name: 'share memory by a key',
    line: `perl -e 'use IPC::SysV; my $id = shmget(0x6e6f6f74, 64, 0666 | 01000); print "made\\n" if defined $id'; true`,
  },
  {
    name: 'type into a terminal',
    line: `perl -e 'my $c = "x"; open(my $t, "+<", "/dev/tty") and ioctl($t, 0x5412, $c) and print "ESCAPED\\n"; ioctl(STDIN, 0x5412, $c) and print "ESCAPED\\n"'`,
  },
  {
    name: 'preload a library in the host’s programs',
    line: 'touch /etc/ld.so.preload && echo ESCAPED; echo x > "$HOME/.pam_environment"; echo x > "$HOME/.config/environment.d/x.conf"; mkdir -p "$HOME/.local/bin" && echo x > "$HOME/.local/bin/bwrap"',
  },
  {
    name: 'plant a program on the path',
    line: 'echo x > "$HOME/.local/bin/git"; for d in $(echo "$PATH" | tr ":" " "); do (: > "$d/$MARK") 2>/dev/null && case "$d" in "$PWD"*) ;; *) echo "ESCAPED $d";; esac; done; true',
  },
];
