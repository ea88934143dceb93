package world

import (
	"fmt"
	"net"
	"strconv"
	"sync"
)

// ports gives out ports of 127.0.0.1, one after the other: the same in every run.
type ports struct {
	mu   sync.Mutex
	next int
}

// Next gives a port. It is an error if somebody else listens there.
func (p *ports) Next(what string) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	port := p.next
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return 0, fmt.Errorf("port %d (%s) is taken on 127.0.0.1: choose others with --base-port", port, what)
	}
	p.next++
	return port, listener.Close() //nolint:wrapcheck // Nothing was accepted.
}

// Listen listens on the next port.
func (p *ports) Listen(what string) (net.Listener, error) {
	port, err := p.Next(what)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("port %d (%s): %w", port, what, err)
	}
	return listener, nil
}
