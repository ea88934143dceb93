package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/innovate-inc/genops/test/controlplane/internal/dev"
	"github.com/innovate-inc/genops/test/controlplane/internal/netns"
	"github.com/innovate-inc/genops/test/controlplane/internal/terminal"
	"github.com/innovate-inc/genops/test/controlplane/internal/tutorial"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

const devUsage = `usage: controlplane dev up|status|down

  up      runs the platform of the repository on this machine and follows its commits, until Ctrl-C
  status  shows what runs: claims, Applications, NodeClaims; exits 0 if all is healthy, 3 if not, 1 if nothing runs
  down    ends what runs, and waits until nothing is left
`

// begunVariable hands over when the process outside the namespace began: times count from there.
const begunVariable = "GENOPS_CONTROLPLANE_BEGUN"

// Exit codes of dev.
const (
	exitUsage   = 2
	exitWaiting = 3
)

// develop is the command dev.
func develop(args []string) (int, error) {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, devUsage)
		return exitUsage, nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	switch args[0] {
	case "up":
		return devUp(ctx, stop, args[1:])
	case "status":
		return devStatus(ctx, args[1:])
	case "down":
		err := dev.Down(ctx, say)
		if errors.Is(err, dev.ErrNothing) {
			fmt.Println("nothing runs")
			return 0, nil
		}
		return exitCode(err), err
	default:
		fmt.Fprint(os.Stderr, devUsage)
		return exitUsage, nil
	}
}

func exitCode(err error) int {
	if err != nil {
		return 1
	}
	return 0
}

func devUp(ctx context.Context, stop func(), args []string) (int, error) {
	set := flag.NewFlagSet("dev up", flag.ExitOnError)
	root := set.String("root", ".", "folder of the repository")
	basePort := set.Int("base-port", 25000, "first port that is used: the page's") //nolint:mnd // Beside those of the test.
	some := set.String("environments", "", "reduce the platform to these environments, with commas or spaces between; empty for all")
	here := set.Bool("no-namespace", false, "use the network of this machine (127.0.0.1) instead of a namespace of its own")
	limit := set.Duration("limit", 30*time.Minute, "how long a step of the beginning may take") //nolint:mnd // A busy machine is slow.
	_ = set.Parse(args)
	absolute, err := filepath.Abs(*root)
	if err != nil {
		return 1, fmt.Errorf("folder of the repository: %w", err)
	}
	o := dev.Options{
		Root: absolute, BasePort: *basePort, Limit: *limit, Begun: begun, Pid: os.Getpid(), Out: terminal.New(os.Stdout, begun),
		Environments: strings.FieldsFunc(*some, func(r rune) bool { return r == ',' || r == ' ' }),
	}
	if netns.Inside() {
		return devInside(ctx, o)
	}
	if err := dev.Fits(o); err != nil {
		return 1, err //nolint:wrapcheck // It says all.
	}
	lock, err := dev.Acquire()
	if err != nil {
		return 1, err //nolint:wrapcheck // It says all.
	}
	defer lock.Close()
	defer func() { _ = dev.Remove() }()
	if o.Programs, err = world.Prepare(ctx, absolute, true, o.Out); err != nil {
		return ended(ctx, err)
	}
	o.Out.Say("all programs are there")
	if *here {
		return ended(ctx, dev.Up(ctx, o))
	}
	text, err := json.Marshal(o.Programs)
	if err != nil {
		return 1, fmt.Errorf("programs: %w", err)
	}
	stop() // The run inside cleans up; this process only passes signals on.
	code, err := netns.Run(context.Background(), []*os.File{lock}, programsVariable+"="+string(text), begunVariable+"="+begun.Format(time.RFC3339Nano))
	if errors.Is(err, netns.ErrUnavailable) {
		o.Out.Say("%v: using 127.0.0.1 of this machine", err)
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		defer stop()
		return ended(ctx, dev.Up(ctx, o))
	}
	return code, err
}

// devInside is what runs in the namespace.
func devInside(ctx context.Context, o dev.Options) (int, error) {
	lock := netns.Keep(0)
	defer lock.Close()
	outside, err := netns.Outside()
	if err == nil {
		err = netns.Up()
	}
	if err != nil {
		return 1, err //nolint:wrapcheck // It says what failed.
	}
	if err := json.Unmarshal([]byte(os.Getenv(programsVariable)), &o.Programs); err != nil {
		return 1, fmt.Errorf("programs: %w", err)
	}
	if begun, err = time.Parse(time.RFC3339Nano, os.Getenv(begunVariable)); err != nil {
		return 1, fmt.Errorf("begin: %w", err)
	}
	o.Begun, o.Out = begun, terminal.New(os.Stdout, begun)
	o.Pid = os.Getppid()
	o.Publish = func(port int) (net.Listener, error) { return outside.Listen(port) }
	return ended(ctx, dev.Up(ctx, o))
}

// ended is the end of dev up: Ctrl-C is the usual one.
func ended(ctx context.Context, err error) (int, error) {
	if ctx.Err() != nil {
		say("ended, nothing is left")
		return 0, nil
	}
	return exitCode(err), err
}

// runTutorial is the command tutorial.
func runTutorial(args []string) (int, error) {
	set := flag.NewFlagSet("tutorial", flag.ExitOnError)
	root := set.String("root", ".", "folder of the repository")
	limit := set.Duration("limit", 30*time.Minute, "how long a command of the tutorial may take") //nolint:mnd // As dev up.
	_ = set.Parse(args)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	absolute, err := filepath.Abs(*root)
	if err == nil {
		err = tutorial.Run(ctx, absolute, *limit, say)
	}
	if err == nil {
		say("the tutorial is true")
	}
	return exitCode(err), err
}

func devStatus(ctx context.Context, args []string) (int, error) {
	set := flag.NewFlagSet("dev status", flag.ExitOnError)
	format := set.String("o", "text", "format: text or json")
	wait := set.Bool("wait", false, "wait until all is healthy, as the newest commit says")
	limit := set.Duration("limit", 30*time.Minute, "how long to wait") //nolint:mnd // Longer than the first day of the full platform.
	_ = set.Parse(args)
	if *format != "text" && *format != "json" {
		return exitUsage, fmt.Errorf("-o %s: text and json are possible", *format)
	}
	status, err := asked(ctx, *wait, *limit)
	if errors.Is(err, dev.ErrBuilding) {
		return exitWaiting, err
	}
	if err != nil {
		return 1, err
	}
	if *format == "json" {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(status)
	} else {
		out, columns := terminal.New(os.Stdout, begun), 0
		if out.Live() {
			columns, _ = out.Size()
		}
		fmt.Println(strings.Join(dev.Table(status, columns, 0, out.Live() && os.Getenv("NO_COLOR") == ""), "\n"))
	}
	if err != nil {
		return 1, fmt.Errorf("print the status: %w", err)
	}
	if !status.Healthy {
		return exitWaiting, nil
	}
	return 0, nil
}

// asked asks what runs for its status, and waits until all is healthy if that is wanted.
func asked(ctx context.Context, wait bool, limit time.Duration) (*dev.Status, error) {
	const often = time.Second
	var status *dev.Status
	for begin := time.Now(); ; {
		run, err := dev.Find()
		if errors.Is(err, dev.ErrNothing) {
			return nil, err //nolint:wrapcheck // It says all.
		}
		if err == nil {
			status, err = run.Ask(ctx)
		}
		// A look that began later than this has seen every commit of before.
		if err == nil && (!wait || (status.Healthy && status.SeenAt.After(begin))) {
			return status, nil
		}
		if !wait || time.Since(begin) > limit || (err == nil && status.Refused != "" && status.SeenAt.After(begin)) {
			return status, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("interrupted")
		case <-time.After(often):
		}
	}
}
