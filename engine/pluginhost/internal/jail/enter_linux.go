package jail

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/karezflow/karez/engine/sysfilter"
)

const (
	// name is what the executable is called when it is to become a program.
	name = "karez-jail"
	// reportFile is the number of the file that takes the report; everything above it is
	// closed to the program.
	reportFile = 4
	// maxFile is the largest file that a program may write, in bytes.
	maxFile = 256 << 20
	// firstToGo is how much sooner than others the kernel ends it when memory is short.
	firstToGo = "500"
	// failed is the exit status of what did not become the program.
	failed = 126
)

// A process that was started under the name becomes the program before anything else is
// done: whatever links this package serves, tests too.
func init() { //nolint:gochecknoinits // it must come before the program's own beginning
	if len(os.Args) > 2 && os.Args[0] == name {
		enter(os.Args[1], os.Args[2:])
	}
}

// Command gives what starts args[0] with args confined by s. Its first extra files are the
// caller's, and the one with the number 4 takes the report, which is a line of JSON before
// the program begins and another one where it could not.
func Command(s Spec, args []string) (*exec.Cmd, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe") //nolint:noctx // the caller ends it
	cmd.Args = append([]string{name, string(text)}, args...)
	return cmd, nil
}

// enter locks this process in and becomes the program. It does not come back.
func enter(spec string, args []string) {
	out := os.NewFile(reportFile, "report")
	say := func(r Report) {
		text, _ := json.Marshal(r) // a struct of texts
		_, _ = out.Write(append(text, '\n'))
	}
	var s Spec
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		say(Report{Errno: int(unix.EINVAL)})
		os.Exit(failed)
	}
	_ = unix.CloseRange(reportFile, ^uint(0), unix.CLOSE_RANGE_CLOEXEC) // older kernels: what Go opens is closed anyway
	unix.CloseOnExec(reportFile)
	r := s.lock()
	if s.Required && len(r.Missing) > 0 {
		r.Refused = true
		say(r)
		os.Exit(failed)
	}
	say(r)
	err := syscall.Exec(args[0], args, os.Environ()) //nolint:gosec // the caller verified it
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		errno = syscall.EINVAL
	}
	say(Report{Errno: int(errno)})
	os.Exit(failed)
}

// lock confines the calling thread, which is the one that becomes the program, as far as
// it can. The order matters: what comes later forbids what came before.
func (s Spec) lock() Report {
	r := Report{InForce: []Part{Group, Environment}}
	done := func(part Part, err error) {
		if err != nil {
			r.lacks(part, err)
		} else {
			r.InForce = append(r.InForce, part)
		}
	}
	// Unlike what sdk/protocol does when asked to end, this can't be ignored.
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte(firstToGo), 0)
	done(Limits, s.limit())
	done(Privileges, giveUp())
	done(Files, s.restrict())
	err := sysfilter.Install(s.denied(), false)
	done(Processes, err)
	if s.Net == NetNone {
		done(Network, err)
	}
	return r
}

func (s Spec) limit() error {
	limits := map[int]uint64{unix.RLIMIT_NOFILE: s.Open, unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: maxFile}
	if s.Memory > 0 {
		limits[unix.RLIMIT_DATA] = uint64(s.Memory)
	}
	for resource, limit := range limits {
		var now syscall.Rlimit
		if err := syscall.Getrlimit(resource, &now); err == nil {
			limit = min(limit, now.Max)
		}
		// The standard library forgets by this call which limit Exec would put back.
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			return fmt.Errorf("resource limit %d: %w", resource, err)
		}
	}
	return nil
}

// giveUp drops what an engine that runs as root would hand down.
func giveUp() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	const noRoot, noRootLocked, lastCapability = 1, 2, 63
	// Only who has capabilities may do these, and only they need it.
	_ = unix.Prctl(unix.PR_SET_SECUREBITS, noRoot|noRootLocked, 0, 0, 0)
	for c := range uintptr(lastCapability + 1) {
		_ = unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
	}
	_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	return unix.Capset(&header, &none[0])
}

// restrict confines the files (landlock), and the network too where the kernel can.
func (s Spec) restrict() error {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	rules, size := unix.LandlockRulesetAttr{Handled_access_fs: handled(version)}, 8
	if version >= 4 {
		size = 16
		switch s.Net {
		case NetNone:
			rules.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		case NetListen:
			rules.Handled_access_net = unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		case NetOpen:
		}
	}
	if version >= 6 {
		size, rules.Scoped = 24, unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET|unix.LANDLOCK_SCOPE_SIGNAL
	}
	file, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&rules)), uintptr(size), 0) //nolint:gosec // the kernel's interface
	if errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	defer func() { _ = unix.Close(int(file)) }()
	for path, access := range s.rights() {
		if err := allow(file, path, access&rules.Handled_access_fs); err != nil {
			return fmt.Errorf("landlock: %s: %w", path, err)
		}
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, file, 0, 0); errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	return nil
}

// handled are the ways to use files that a version of landlock knows.
func handled(version uintptr) uint64 {
	all := uint64(unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1)
	if version >= 2 {
		all |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if version >= 3 {
		all |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if version >= 5 {
		all |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	return all
}

const (
	look   = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	run    = look | unix.LANDLOCK_ACCESS_FS_EXECUTE
	device = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE
	// change is everything but to execute what was written.
	change = ^uint64(unix.LANDLOCK_ACCESS_FS_EXECUTE)
	// ofFiles are the rights that a rule about a file, not a folder, may give.
	ofFiles = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
)

// rights are the paths that may be used and how. Of /proc there is nothing, for it tells of
// other processes and of their sockets.
func (s Spec) rights() map[string]uint64 {
	all := map[string]uint64{}
	for access, paths := range map[uint64][]string{
		run: {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"},
		look: {
			"/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/ca-certificates.conf", "/etc/crypto-policies", "/var/lib/ca-certificates",
			"/etc/hosts", "/etc/host.conf", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols",
			"/etc/localtime", "/etc/timezone", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/mime.types",
			"/sys/kernel/mm/transparent_hugepage",
		},
		device: {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"},
	} {
		for _, path := range paths {
			all[path] = access
		}
	}
	for _, path := range s.Read {
		all[path] = run
		if other := interpreter(path); other != "" {
			all[other] = run
		}
	}
	for _, path := range s.Write {
		all[path] = change
	}
	return all
}

// interpreter gives the program that a script names in its first line, "" where it is none.
func interpreter(path string) string {
	file, err := os.Open(path) //nolint:gosec // the caller verified it
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	begin := make([]byte, 256)
	n, _ := file.Read(begin)
	line, _, _ := strings.Cut(string(begin[:n]), "\n")
	words := strings.Fields(strings.TrimPrefix(line, "#!"))
	if !strings.HasPrefix(line, "#!") || len(words) == 0 {
		return ""
	}
	return words[0]
}

// allow adds a path to a ruleset. One that isn't there is left out.
func allow(rules uintptr, path string, access uint64) error {
	at, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EACCES), errors.Is(err, unix.ELOOP):
		return nil
	case err != nil:
		return err
	}
	defer func() { _ = unix.Close(at) }()
	var is unix.Stat_t
	if err := unix.Fstat(at, &is); err != nil {
		return err
	}
	if is.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &= ofFiles
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(at)}                                                        //nolint:gosec // a file
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, rules, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0) //nolint:gosec // the kernel's interface
	if errno != 0 {
		return errno
	}
	return nil
}

// denied are the system calls that are refused: new processes, others' processes, leaving
// the group, ways around the other parts, and parts of the kernel that nobody here needs.
func (s Spec) denied() []sysfilter.Call {
	self, everyone := uint32(os.Getpid()), uint32(0) //nolint:gosec // small
	group := -self
	list := append(sysfilter.Calls(oldForks()...), sysfilter.Calls(
		unix.SYS_SETSID, unix.SYS_SETPGID, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD, unix.SYS_PIDFD_SEND_SIGNAL,
		unix.SYS_TKILL, unix.SYS_KCMP,
		unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
		unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN, unix.SYS_FSMOUNT,
		unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_QUOTACTL, unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_ACCT, unix.SYS_MKNODAT,
		unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL, unix.SYS_PERSONALITY,
		unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_REBOOT, unix.SYS_SYSLOG,
		unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_CLOCK_ADJTIME, unix.SYS_ADJTIMEX, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
		unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_MSGGET, unix.SYS_SEMGET, unix.SYS_MQ_OPEN,
	)...)
	list = append(list,
		// A library that is told so takes clone, whose flags can be looked at.
		sysfilter.Call{Number: unix.SYS_CLONE3, Errno: unix.ENOSYS},
		sysfilter.Call{Number: unix.SYS_CLONE, Arg: 0, Mask: unix.CLONE_THREAD, Only: []uint32{unix.CLONE_THREAD}},
		sysfilter.Call{Number: unix.SYS_KILL, Arg: 0, Only: []uint32{self, everyone, group}},
		sysfilter.Call{Number: unix.SYS_PRLIMIT64, Arg: 0, Only: []uint32{self, 0}},
		sysfilter.Call{Number: unix.SYS_TGKILL, Arg: 0, Only: []uint32{self}},
		sysfilter.Call{Number: unix.SYS_RT_SIGQUEUEINFO, Arg: 0, Only: []uint32{self}},
		sysfilter.Call{Number: unix.SYS_RT_TGSIGQUEUEINFO, Arg: 0, Only: []uint32{self}},
		// The signal at the engine's end stays.
		sysfilter.Call{Number: unix.SYS_PRCTL, Arg: 0, Never: []uint32{unix.PR_SET_PDEATHSIG}},
	)
	if s.Net == NetNone {
		list = append(list,
			sysfilter.Call{Number: unix.SYS_SOCKET, Arg: 0, Only: []uint32{unix.AF_UNIX}},
			sysfilter.Call{Number: unix.SYS_SOCKETPAIR, Arg: 0, Only: []uint32{unix.AF_UNIX}})
	}
	return list
}

// Measure tells what a process takes.
func Measure(pid int) (Usage, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return Usage{}, err
	}
	return usageIn(string(text))
}
