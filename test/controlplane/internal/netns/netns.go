// Package netns runs this program again in a network namespace that has a loopback interface and nothing else.
package netns

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// inside marks the second run.
const inside = "GENOPS_CONTROLPLANE_NETNS"

// Inside tells whether this is the second run.
func Inside() bool { return os.Getenv(inside) != "" }

// ErrUnavailable means that this machine makes no network namespaces for us.
var ErrUnavailable = errors.New("this machine gives no network namespace")

// Run runs this program again, with the same arguments and more environment, in a namespace of its own, and returns its exit code. The second run
// may hold open some files, and listen outside its namespace (Outside).
func Run(ctx context.Context, keep []*os.File, env ...string) (int, error) {
	program, err := os.Executable()
	if err != nil {
		return 1, fmt.Errorf("find this program: %w", err)
	}
	ours, theirs, err := pair()
	if err != nil {
		return 1, err
	}
	runtime.LockOSThread() // The child dies with the thread that started it.
	defer runtime.UnlockOSThread()
	cmd := exec.Command(program, os.Args[1:]...) //nolint:noctx // It ends by itself, after cleaning up.
	cmd.Env = append(append(os.Environ(), inside+"=1"), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = append([]*os.File{theirs}, keep...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		ours.Close()
		return 1, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	go serve(ours)
	// The child is in a process group of its own, so that a terminal's Ctrl-C reaches it once, through here.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = cmd.Process.Signal(s)
		case <-ended:
			return cmd.ProcessState.ExitCode(), ctx.Err()
		}
	}
}

// Up brings the loopback interface up.
func Up() error {
	unix.CloseOnExec(firstExtra) // Programs that are started do not talk to the process outside.
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("bring loopback up: %w", err)
	}
	return nil
}
