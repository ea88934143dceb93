package dev

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/klog/v2"

	"github.com/innovate-inc/genops/test/controlplane/internal/kube"
	"github.com/innovate-inc/genops/test/controlplane/internal/netns"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/terminal"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// Options are what is run.
type Options struct {
	// Root is the folder of the repository that is followed.
	Root     string
	Programs *world.Programs
	// BasePort is the port of the page; the control plane has those after it.
	BasePort int
	// Environments are those that the platform is reduced to; empty for all.
	Environments []string
	// Limit is how long a step of the beginning may take.
	Limit time.Duration
	Begun time.Time
	// Pid is the process that people end.
	Pid int
	Out *terminal.Writer
	// Publish listens on 127.0.0.1 where people are; nil if the control plane runs there.
	Publish func(port int) (net.Listener, error)
}

// interval is the time between two looks.
const interval = 2 * time.Second

// control is a control plane that runs.
type control struct {
	Options

	// folder is where people find kubeconfigs and kubectl.
	folder   string
	page     string
	world    *world.World
	follower *Follower
	// genops is what the repository's bin/genops was when it was copied.
	genops os.FileInfo

	clusters  []Cluster
	said      string
	announced bool

	mu     sync.Mutex
	status *Status
}

// Up runs a control plane until ctx is done, and leaves nothing.
func Up(ctx context.Context, o Options) (err error) {
	state, err := process.NewState(o.Out.Say)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	defer os.RemoveAll(state)
	c := &control{Options: o, folder: Folder(o.Root), page: "http://127.0.0.1:" + strconv.Itoa(o.BasePort) + "/"}
	if err := c.makeFolder(); err != nil {
		return err
	}
	defer func() {
		os.RemoveAll(c.folder)
		_ = os.Remove(filepath.Dir(c.folder)) // Unless something else is in it.
	}()
	logs := c.folder + "-logs"
	if err := os.RemoveAll(logs); err != nil {
		return fmt.Errorf("remove old logs: %w", err)
	}
	defer func() {
		if err == nil {
			os.RemoveAll(logs)
			return
		}
		err = fmt.Errorf("%w; the logs of all programs are in %s", err, logs)
	}()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	listener, err := c.listen(o.BasePort)
	if err != nil {
		return err
	}
	defer listener.Close()
	details, err := detailsLog(logs)
	if err != nil {
		return err
	}
	defer details.Close()
	// What client-go has to say would break the tables.
	klog.LogToStderr(false)
	klog.SetOutput(details)
	c.world, err = world.New(ctx, world.Options{
		Root: o.Root, State: state, Logs: logs, Limit: o.Limit, BasePort: o.BasePort + 1, Programs: o.Programs, Say: o.Out.Say,
		Log: func(format string, args ...any) {
			fmt.Fprintf(details, "%4ds  %s\n", int(time.Since(o.Begun).Seconds()), fmt.Sprintf(format, args...))
		},
		Environments: o.Environments,
	})
	if c.world != nil {
		defer func() {
			o.Out.Show(nil)
			o.Out.Say("ending: stopping all programs")
			cancel(nil)
			c.world.Close()
		}()
	}
	if err == nil {
		err = c.run(ctx, cancel, state, listener)
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if ctx.Err() != nil {
		return nil //nolint:nilerr // The end was asked for, and what failed failed because of it.
	}
	return err
}

// Folder is where people find the kubeconfigs of a repository's control plane.
func Folder(root string) string { return filepath.Join(root, "dist", "dev") }

func (c *control) makeFolder() error {
	err := os.RemoveAll(c.folder)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(c.folder), 0o755)
	}
	if err == nil {
		err = os.Mkdir(c.folder, 0o700)
	}
	if err == nil {
		err = os.Symlink(c.Programs.Path["kubectl"], filepath.Join(c.folder, "kubectl"))
	}
	if err != nil {
		return fmt.Errorf("folder for people: %w", err)
	}
	return nil
}

// listen listens where people are.
func (c *control) listen(port int) (net.Listener, error) {
	if c.Publish != nil {
		return c.Publish(port)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("port %d is taken on 127.0.0.1: choose others with -base-port", port)
	}
	return listener, nil
}

func detailsLog(logs string) (*os.File, error) {
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return nil, fmt.Errorf("folder of the logs: %w", err)
	}
	file, err := os.Create(filepath.Join(logs, "details.log"))
	if err != nil {
		return nil, fmt.Errorf("folder of the logs: %w", err)
	}
	return file, nil
}

// run serves, does what a person does on the first day, and follows.
func (c *control) run(ctx context.Context, cancel context.CancelCauseFunc, state string, listener net.Listener) error {
	go func() {
		if lost := c.world.Group.Watch(ctx); lost != nil {
			cancel(lost)
		}
	}()
	c.follower = &Follower{Root: c.Root, Temp: state, Check: c.check, Take: func(ctx context.Context, dir, message string) error {
		if err := c.renewGenops(); err != nil {
			return err
		}
		before, err := c.world.Git.Head(ctx)
		if err != nil {
			return err //nolint:wrapcheck // It says what failed.
		}
		if _, err := c.world.Take(ctx, dir, message); err != nil {
			return errors.Join(err, c.world.Git.Restore(ctx, before))
		}
		return nil
	}}
	c.genops, _ = os.Stat(c.ownGenops())
	changed, err := c.follower.Begin(ctx)
	if err != nil {
		return err
	}
	if changed {
		c.Out.Say("environments/ has changes that are not committed: they are taken as they are now; later only commits count")
	}
	c.status = &Status{SeenAt: time.Now(), Waiting: []string{"the control plane to start"}}
	c.fill(c.status)
	if err := c.serve(ctx, state, listener); err != nil {
		return err
	}
	if err := c.reach("hub", c.world.Hub); err != nil {
		return err
	}
	c.Out.Say("page: %s", c.page)
	done := make(chan error, 1)
	go func() { done <- c.world.Bootstrap(ctx) }()
	ready := false
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err() //nolint:wrapcheck // The end was asked for.
		case err := <-done:
			if err != nil {
				return err //nolint:wrapcheck // It says what failed.
			}
			ready = true
		case <-ticker.C:
		}
		if err := c.look(ctx, ready); err != nil && ctx.Err() == nil {
			c.world.Log("look: %v", err)
		}
	}
}

// serve serves the page and the socket, and says where they are.
func (c *control) serve(ctx context.Context, state string, listener net.Listener) error {
	socket := filepath.Join(state, "dev.sock")
	local, err := net.Listen("unix", socket)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	port := strconv.Itoa(c.BasePort)
	for _, server := range []struct {
		on      net.Listener
		handler http.Handler
	}{{local, Handler(c.now)}, {listener, Handler(c.now, "127.0.0.1:"+port, "localhost:"+port)}} {
		s := &http.Server{Handler: server.handler, ReadHeaderTimeout: time.Minute}
		go func() { <-ctx.Done(); _ = s.Close() }()
		go func() { _ = s.Serve(server.on) }()
	}
	return Write(Run{Pid: c.Pid, Folder: c.folder, State: state, Socket: socket, Page: c.page})
}

func (c *control) now() *Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// reach makes a cluster reachable for people.
func (c *control) reach(name string, cluster *kube.Cluster) error {
	address, err := url.Parse(cluster.URL)
	if err != nil {
		return fmt.Errorf("address of %s: %w", name, err)
	}
	if c.Publish != nil {
		port, err := strconv.Atoi(address.Port())
		if err != nil {
			return fmt.Errorf("address of %s: %w", name, err)
		}
		listener, err := c.Publish(port)
		if err != nil {
			return fmt.Errorf("API server of %s: %w", name, err)
		}
		go netns.Relay(listener, address.Host)
	}
	file := filepath.Join(c.folder, name+".kubeconfig")
	if err := cluster.PeopleFile(file); err != nil {
		return err //nolint:wrapcheck // It names the file.
	}
	c.clusters = append(c.clusters, Cluster{Name: name, Kubeconfig: file})
	what := "get applications -A"
	if name != "hub" {
		what = "get nodes,pods -A"
	}
	c.Out.Say("%s --kubeconfig %s %s", here(filepath.Join(c.folder, "kubectl")), here(file), what)
	return nil
}

// here is a path as one types it in the current folder.
func here(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	relative, err := filepath.Rel(dir, path)
	if err != nil || strings.HasPrefix(relative, "..") {
		return path
	}
	return relative
}

// look follows, looks at everything once, and shows it.
func (c *control) look(ctx context.Context, ready bool) error {
	status := &Status{SeenAt: time.Now()}
	for name, workload := range c.world.Workloads() {
		if slices.ContainsFunc(c.clusters, func(known Cluster) bool { return known.Name == name }) {
			continue
		}
		if err := c.reach(name, workload.Cluster); err != nil {
			return err
		}
	}
	if ready {
		news, err := c.follower.Look(ctx)
		if err != nil {
			return err
		}
		if news != "" {
			c.Out.Print(news)
		}
	}
	c.fill(status)
	if err := status.look(ctx, c.world); err != nil {
		return err
	}
	if err := c.judge(ctx, status, ready); err != nil {
		return err
	}
	c.mu.Lock()
	c.status = status
	c.mu.Unlock()
	c.show(status)
	return nil
}

// fill fills in what is known without a look.
func (c *control) fill(s *Status) {
	s.Repository, s.Page, s.Kubectl = c.Root, c.page, filepath.Join(c.folder, "kubectl")
	s.Commit, s.Refused = c.follower.Taken(), c.follower.Refused()
	s.Clusters = slices.Clone(c.clusters)
	s.ElapsedSeconds = int(time.Since(c.Begun).Seconds())
}

// judge says whether all is healthy.
func (c *control) judge(ctx context.Context, s *Status, ready bool) error {
	if !ready {
		s.Waiting = []string{"the steps of bootstrap/README.md"}
		return nil
	}
	problems, err := c.world.Unhealthy(ctx)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	s.Waiting = append(s.Waiting, problems...)
	head, err := c.world.Git.Head(ctx)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	if err := c.world.Synced(ctx, head); err != nil {
		s.Waiting = append(s.Waiting, err.Error()+" and not yet at the newest commit")
	}
	// The tables were seen a moment earlier: they have to say the same.
	s.Healthy = len(s.Waiting) == 0 && s.ready()
	return nil
}

func (c *control) show(s *Status) {
	if s.Healthy && !c.announced {
		c.announced = true
		c.Out.Say("everything is healthy: %s", summary(s))
	}
	if c.Out.Live() {
		columns, rows := c.Out.Size()
		c.Out.Show(Table(s, columns-1, rows, os.Getenv("NO_COLOR") == ""))
		return
	}
	line := summary(s)
	if line == c.said {
		return
	}
	c.said = line
	if len(s.Waiting) > 0 {
		line += " · waiting for " + s.Waiting[0]
	}
	c.Out.Say("%s", line)
}

func (c *control) ownGenops() string { return filepath.Join(c.Root, "bin", "genops") }

// renewGenops takes over the repository's bin/genops if it is another one than before.
func (c *control) renewGenops() error {
	info, err := os.Stat(c.ownGenops())
	if err != nil {
		return fmt.Errorf("bin/genops: %w", err)
	}
	if c.genops != nil && info.ModTime().Equal(c.genops.ModTime()) && info.Size() == c.genops.Size() {
		return nil
	}
	if err := c.world.RenewGenops(c.ownGenops()); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	c.genops = info
	c.Out.Say("bin/genops is another one now: it renders from here on. Crossplane keeps the compositions of the old one until dev up is started again")
	return nil
}

// check holds rendered/ of a checkout against its environments/, with the repository's bin/genops.
func (c *control) check(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, c.ownGenops(), "render", "--check", "--color", "never")
	cmd.Dir = dir
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err == nil {
		return nil
	}
	const differs = 3
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == differs {
		return Stale(stdout.String())
	}
	return fmt.Errorf("genops render: %w\n%s", err, strings.TrimSpace(stderr.String()))
}
