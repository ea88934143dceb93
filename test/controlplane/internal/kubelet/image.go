package kubelet

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
)

// Image is a container image that is a program of this machine.
type Image struct {
	// Repository is the end of the image's address without tag and digest, such as argoproj/argocd.
	Repository string
	// Container selects a container by its name; empty for all of the image.
	Container string
	// Program is the path of the program; empty if there is none and Set alone decides whether the container may run.
	Program string
	// Set changes the command for this machine: ports and folders. It may refuse to start the container.
	Set func(ctx context.Context, c *Setting) error
}

// Setting is a container that is about to start.
type Setting struct {
	Pod *corev1.Pod
	// Image is the address of the container's image.
	Image   string
	Command *process.Command
	// Mount is the folder on this machine of a path in the container, or what is below it.
	Mount func(path string) string
	// Temp is a folder of the container alone.
	Temp string

	ports map[int32]int
	next  func(what string) (int, error)
	tcp   int
}

// Port gives a port of this machine for a port of the container; Services lead there.
func (s *Setting) Port(containerPort int32) (int, error) {
	if port, ok := s.ports[containerPort]; ok {
		return port, nil
	}
	port, err := s.next(fmt.Sprintf("port %d of %s", containerPort, s.Command.Name))
	if err != nil {
		return 0, err
	}
	s.ports[containerPort] = port
	return port, nil
}

// Fix makes a port of the container one that is known beforehand.
func (s *Setting) Fix(containerPort int32, port int) { s.ports[containerPort] = port }

// ReadyOn makes the container ready as soon as it listens on a port of this machine.
func (s *Setting) ReadyOn(port int) { s.tcp = port }

// Env sets a variable.
func (s *Setting) Env(name, value string) { s.Command.Env = append(s.Command.Env, name+"="+value) }

// EnvPort sets a variable to the port of this machine for a port of the container.
func (s *Setting) EnvPort(name string, containerPort int32) (int, error) {
	port, err := s.Port(containerPort)
	if err == nil {
		s.Env(name, strconv.Itoa(port))
	}
	return port, err
}

func (s *Setting) ready(ctx context.Context) error {
	if s.tcp == 0 {
		return nil
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.tcp)))
	if err != nil {
		return fmt.Errorf("%s does not listen: %w", s.Command.Name, err)
	}
	return conn.Close() //nolint:wrapcheck // Nothing was sent.
}

// find is the program of a container, or nil.
func find(images []Image, c corev1.Container) *Image {
	repository, _, _ := strings.Cut(c.Image, "@")
	if i := strings.LastIndex(repository, ":"); i > strings.LastIndex(repository, "/") {
		repository = repository[:i]
	}
	for i := range images {
		if strings.HasSuffix("/"+repository, "/"+images[i].Repository) && (images[i].Container == "" || images[i].Container == c.Name) {
			return &images[i]
		}
	}
	return nil
}
