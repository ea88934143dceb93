package process

import (
	"fmt"
	"strings"
)

// Kill kills a process and what it started, as a crash would. The run goes on without it, until somebody starts the returned command.
func (g *Group) Kill(name string) (Command, error) {
	killed := g.kill(func(p *Process) bool { return p.Name == name })
	if len(killed) != 1 {
		return Command{}, fmt.Errorf("kill %s: %d such processes run", name, len(killed))
	}
	return killed[0].command, nil
}

// KillAll kills all processes whose names begin with prefix, and returns how many these were.
func (g *Group) KillAll(prefix string) int {
	return len(g.kill(func(p *Process) bool { return strings.HasPrefix(p.Name, prefix) }))
}

func (g *Group) kill(which func(*Process) bool) []*Process {
	var killed []*Process
	g.mu.Lock()
	for _, p := range g.running {
		if which(p) {
			p.missed = false
			killed = append(killed, p)
		}
	}
	g.mu.Unlock()
	for _, p := range killed {
		p.Kill()
	}
	return killed
}
