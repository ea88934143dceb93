package netns

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// TestPublish: who connects to a published port talks to the address that it is relayed to, and an end in one direction arrives.
func TestPublish(t *testing.T) {
	t.Parallel()
	publisher := connected(t)
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inside.Close() })
	go func() {
		for {
			c, err := inside.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				text, _ := io.ReadAll(c) // Returns only when the other side has closed its half.
				fmt.Fprintf(c, "heard %s", text)
			}()
		}
	}()
	outside, err := publisher.Listen(free(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { outside.Close() })
	go Relay(outside, inside.Addr().String())
	for _, text := range []string{"one", "two"} {
		c, err := net.Dial("tcp", outside.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, text)
		if err := c.(*net.TCPConn).CloseWrite(); err != nil { //nolint:forcetypeassert // Dialled as TCP.
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c)
		if err != nil || string(answer) != "heard "+text {
			t.Errorf("got %q, %v", answer, err)
		}
		c.Close()
	}
}

// TestPublishTaken: a port that is taken is named, with the flag that helps, and the next request works.
func TestPublishTaken(t *testing.T) {
	t.Parallel()
	publisher := connected(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // Listened as TCP.
	_, err = publisher.Listen(port)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("port %d is taken", port)) || !strings.Contains(err.Error(), "-base-port") {
		t.Errorf("got %v", err)
	}
	listener, err := publisher.Listen(free(t))
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
}

// connected is a publisher whose other side is served.
func connected(t *testing.T) *Publisher {
	t.Helper()
	ours, theirs, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	go serve(ours)
	publisher, err := newPublisher(theirs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { publisher.connection.Close() })
	return publisher
}

// free is a port that nobody used a moment ago.
func free(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // Listened as TCP.
}
