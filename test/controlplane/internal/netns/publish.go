package netns

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// Nothing outside the namespace reaches its loopback interface. But a socket stays in the namespace that it was made in, whoever holds it: the
// process outside listens on 127.0.0.1 and hands the listening socket over to the run inside, which accepts there and dials here.

// Publisher asks the process outside for listeners.
type Publisher struct {
	mu         sync.Mutex
	connection *net.UnixConn
}

// firstExtra is the descriptor of the first of exec.Cmd.ExtraFiles.
const firstExtra = 3

// Outside connects the second run with the process outside.
func Outside() (*Publisher, error) { return newPublisher(os.NewFile(firstExtra, "outside")) }

func newPublisher(file *os.File) (*Publisher, error) {
	defer file.Close()
	connection, err := unixConn(file)
	if err != nil {
		return nil, err
	}
	return &Publisher{connection: connection}, nil
}

// Keep is a file that the process outside handed over: number counts from 0. Programs that are started do not get it.
func Keep(number int) *os.File {
	descriptor := firstExtra + 1 + number
	unix.CloseOnExec(descriptor)
	return os.NewFile(uintptr(descriptor), "kept")
}

// Listen listens on a port of 127.0.0.1 outside the namespace.
func (p *Publisher) Listen(port int) (net.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var request [2]byte
	binary.BigEndian.PutUint16(request[:], uint16(port)) //nolint:gosec // A port.
	if _, err := p.connection.Write(request[:]); err != nil {
		return nil, fmt.Errorf("publish port %d: %w", port, err)
	}
	answer, rights := make([]byte, answerLength), make([]byte, unix.CmsgSpace(4)) //nolint:mnd // One descriptor.
	n, size, _, _, err := p.connection.ReadMsgUnix(answer, rights)
	if err != nil {
		return nil, fmt.Errorf("publish port %d: %w", port, err)
	}
	messages, err := unix.ParseSocketControlMessage(rights[:size])
	if err != nil || len(messages) == 0 {
		return nil, errors.New(string(answer[:n]))
	}
	descriptors, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(descriptors) != 1 {
		return nil, fmt.Errorf("publish port %d: no socket came: %w", port, err)
	}
	unix.CloseOnExec(descriptors[0])
	file := os.NewFile(uintptr(descriptors[0]), "listener")
	defer file.Close()
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("publish port %d: %w", port, err)
	}
	return listener, nil
}

// answerLength is more than an error needs.
const answerLength = 512

// serve answers requests of a Publisher until it closes.
func serve(connection *net.UnixConn) {
	defer connection.Close()
	for {
		var request [2]byte
		if _, err := io.ReadFull(connection, request[:]); err != nil {
			return
		}
		answer, rights := "ok", []byte(nil)
		file, err := listen(int(binary.BigEndian.Uint16(request[:])))
		if err != nil {
			answer = err.Error()
		} else {
			rights = unix.UnixRights(int(file.Fd()))
		}
		_, _, err = connection.WriteMsgUnix([]byte(answer), rights, nil)
		if file != nil {
			file.Close()
		}
		if err != nil {
			return
		}
	}
}

func listen(port int) (*os.File, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("port %d is taken on 127.0.0.1 of this machine: choose others with -base-port", port)
	}
	defer listener.Close()
	tcp, ok := listener.(*net.TCPListener)
	if !ok {
		return nil, errors.New("not a TCP listener")
	}
	return tcp.File() //nolint:wrapcheck // It names the listener.
}

// pair makes two sockets that are connected.
func pair() (ours *net.UnixConn, theirs *os.File, err error) {
	descriptors, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("sockets: %w", err)
	}
	file := os.NewFile(uintptr(descriptors[0]), "inside")
	defer file.Close()
	theirs = os.NewFile(uintptr(descriptors[1]), "outside")
	if ours, err = unixConn(file); err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return ours, theirs, nil
}

func unixConn(file *os.File) (*net.UnixConn, error) {
	connection, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("socket to the other side of the namespace: %w", err)
	}
	unixConnection, ok := connection.(*net.UnixConn)
	if !ok {
		connection.Close()
		return nil, errors.New("the socket to the other side of the namespace is of another kind")
	}
	return unixConnection, nil
}

// Relay hands each connection of a listener over to an address, until the listener is closed.
func Relay(listener net.Listener, address string) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		go relay(from, address)
	}
}

func relay(from net.Conn, address string) {
	defer from.Close()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer to.Close()
	var both sync.WaitGroup
	both.Go(func() { half(to, from) })
	both.Go(func() { half(from, to) })
	both.Wait()
}

// half copies in one direction and passes the end on.
func half(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}
