// Command controlplane tests genops with a real bootstrap cluster: a real API server, Crossplane, Argo CD and Karpenter, run as processes of
// this machine, with no containers, no network and no AWS.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/klog/v2"

	"github.com/innovate-inc/genops/test/controlplane/internal/eks"
	"github.com/innovate-inc/genops/test/controlplane/internal/netns"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/scenarios"
	"github.com/innovate-inc/genops/test/controlplane/internal/terminal"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// programsVariable hands the programs that were found over to the run in the network namespace, where none could be downloaded.
const programsVariable = "GENOPS_CONTROLPLANE_PROGRAMS"

func main() {
	if filepath.Base(os.Args[0]) == world.AuthProgram {
		if err := eks.KubernetesAuth(os.Stdout, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code, err := command(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
	}
	os.Exit(code)
}

// command is what the first argument names; without a name it is the test.
func command(args []string) (int, error) {
	switch {
	case len(args) > 0 && args[0] == "dev":
		return develop(args[1:])
	case len(args) > 0 && args[0] == "tutorial":
		return runTutorial(args[1:])
	default:
		return run()
	}
}

// flags are the options of the test.
type flags struct {
	root     string
	logs     string
	basePort int
	only     string
	suite    string
	sabotage bool
	faults   string
	some     string
	steps    string
	build    bool
	here     bool
	limit    time.Duration
	hold     bool
	verbose  bool
}

func parse() flags {
	var f flags
	flag.StringVar(&f.root, "root", ".", "folder of the repository")
	flag.StringVar(&f.logs, "logs", "dist/e2e-logs", "folder of the logs, from the repository")
	flag.IntVar(&f.basePort, "base-port", 24000, "first port that is used") //nolint:mnd // Below those that Linux gives out by itself.
	flag.StringVar(&f.only, "only", "", "run only scenarios whose names contain one of these texts, with commas between; the first always runs")
	flag.StringVar(&f.suite, "suite", scenarios.Everyday, "which scenarios: "+scenarios.Everyday+", "+scenarios.Nightly+" or "+scenarios.Scale)
	flag.StringVar(&f.faults, "faults", "", "with -sabotage: only faults whose names contain one of these texts, with commas between")
	flag.BoolVar(&f.sabotage, "sabotage", false, "run each scenario again with each fault that it has to notice")
	flag.StringVar(&f.some, "environments", "", "reduce the platform to these environments, with commas between; empty for all")
	flag.StringVar(&f.steps, "scale", "10,25,50", "numbers of environments that the suite "+scenarios.Scale+" grows the platform to, with commas between")
	flag.BoolVar(&f.build, "build", false, "build what is missing in the cache, and end")
	flag.BoolVar(&f.here, "no-namespace", false, "use the network of this machine (127.0.0.1) instead of a namespace of its own")
	flag.BoolVar(&f.hold, "hold", false, "when all scenarios are over, leave everything running until Ctrl-C")
	// Everything works much faster, but CI machines have bad days.
	flag.DurationVar(&f.limit, "limit", 15*time.Minute, "how long a step may take") //nolint:mnd // Said above.
	flag.BoolVar(&f.verbose, "v", false, "tell details")
	flag.Parse()
	return f
}

// numbers takes numbers with commas between apart.
func numbers(text string) ([]int, error) {
	var all []int
	for _, one := range list(text) {
		n, err := strconv.Atoi(one)
		if err != nil {
			return nil, fmt.Errorf("numbers of environments: %w", err)
		}
		all = append(all, n)
	}
	return all, nil
}

// begun is when this program was started.
var begun = time.Now() //nolint:gochecknoglobals // Progress lines count from it.

func say(format string, args ...any) {
	fmt.Printf("%4ds  %s\n", int(time.Since(begun).Seconds()), fmt.Sprintf(format, args...))
}

func run() (int, error) {
	f := parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	root, err := filepath.Abs(f.root)
	if err != nil {
		return 1, fmt.Errorf("folder of the repository: %w", err)
	}
	f.root = root
	if !filepath.IsAbs(f.logs) {
		f.logs = filepath.Join(root, f.logs)
	}
	if netns.Inside() {
		if err := netns.Up(); err != nil {
			return 1, err
		}
		var programs world.Programs
		if err := json.Unmarshal([]byte(os.Getenv(programsVariable)), &programs); err != nil {
			return 1, fmt.Errorf("programs: %w", err)
		}
		return test(ctx, f, &programs)
	}
	programs, err := world.Prepare(ctx, root, false, terminal.New(os.Stdout, begun))
	if err != nil {
		return 1, interrupted(ctx, err)
	}
	if f.build {
		return 0, nil
	}
	if f.here {
		return test(ctx, f, programs)
	}
	text, err := json.Marshal(programs)
	if err != nil {
		return 1, fmt.Errorf("programs: %w", err)
	}
	stop() // The run inside cleans up; this process only passes signals on.
	code, err := netns.Run(context.Background(), nil, programsVariable+"="+string(text))
	if errors.Is(err, netns.ErrUnavailable) {
		say("%v: using 127.0.0.1 of this machine", err)
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		defer stop()
		return test(ctx, f, programs)
	}
	return code, err
}

// list takes texts with commas between apart.
func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return err
}

// test runs the scenarios and cleans up, whatever happens.
func test(ctx context.Context, f flags, programs *world.Programs) (int, error) {
	state, err := process.NewState(say)
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(state)
	if err := os.RemoveAll(f.logs); err != nil {
		return 1, fmt.Errorf("remove old logs: %w", err)
	}
	if err := os.MkdirAll(f.logs, 0o755); err != nil {
		return 1, fmt.Errorf("folder of the logs: %w", err)
	}
	details, err := os.Create(filepath.Join(f.logs, "details.log"))
	if err != nil {
		return 1, fmt.Errorf("folder of the logs: %w", err)
	}
	defer details.Close()
	// Client libraries tell on standard error that an API server is away, which scenarios bring about.
	klog.LogToStderr(false)
	klog.SetOutput(details)
	log := func(format string, args ...any) {
		line := fmt.Sprintf("%4ds  %s", int(time.Since(begun).Seconds()), fmt.Sprintf(format, args...))
		fmt.Fprintln(details, line)
		if f.verbose {
			fmt.Println(line)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	steps, err := numbers(f.steps)
	if err != nil {
		return 1, err
	}
	options := world.Options{
		Root: f.root, State: state, Logs: f.logs, Limit: f.limit, BasePort: f.basePort, Programs: programs, Say: say, Log: log,
		Environments: list(f.some), Steps: steps,
	}
	if f.suite == scenarios.Scale {
		// Its own default: what Argo CD uses at rest would be another figure.
		options.Resync = 2 * time.Minute //nolint:mnd // timeout.reconciliation.
	}
	w, err := world.New(ctx, options)
	if w != nil {
		defer func() {
			cancel()
			w.Close()
		}()
	}
	if err != nil {
		return 1, interrupted(ctx, err)
	}
	var lost error
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		if lost = w.Group.Watch(ctx); lost != nil {
			cancel()
		}
	}()
	tell(w)
	report := scenarios.Run(ctx, w, scenarios.Options{Suite: f.suite, Only: list(f.only), Sabotage: f.sabotage, Faults: list(f.faults)})
	report.Print(os.Stdout)
	if f.hold && ctx.Err() == nil {
		say("everything keeps running until Ctrl-C")
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		if <-watching; lost != nil {
			return 1, lost
		}
		if !f.hold {
			return 1, errors.New("interrupted")
		}
	}
	if report.Failed() {
		return 1, fmt.Errorf("scenarios failed; the logs of all programs are in %s", f.logs)
	}
	return 0, nil
}

// tell says how a person gets in.
func tell(w *world.World) {
	if file, err := w.Hub.AdminFile(); err == nil {
		say("the hub: nsenter -n -t %d kubectl --kubeconfig %s get applications -A", os.Getpid(), file)
	}
}
