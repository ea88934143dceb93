package kubelet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

// There is no network of Services. What would use one (gRPC clients, the API server's webhooks) honours HTTPS_PROXY: this proxy takes their
// CONNECT requests and leads them to the process of a pod that the Service selects.

// ServeServices serves the proxy on a listener until ctx ends.
func (k *Kubelet) ServeServices(ctx context.Context, listener net.Listener) {
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := k.connect(w, r); err != nil {
				k.Log("service proxy: %s: %v", r.Host, err)
				http.Error(w, err.Error(), http.StatusBadGateway)
			}
		}),
	}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	_ = server.Serve(listener)
}

func (k *Kubelet) connect(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodConnect {
		return fmt.Errorf("method %s: there is no way out of here", r.Method)
	}
	address, err := k.resolve(r.Context(), r.Host)
	if err != nil {
		return err
	}
	behind, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", address)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		return errors.New("the connection cannot be taken over")
	}
	front, _, err := hijacker.Hijack()
	if err != nil {
		return fmt.Errorf("take over the connection: %w", err)
	}
	if _, err := io.WriteString(front, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		front.Close()
		behind.Close()
		return nil //nolint:nilerr // The client has gone.
	}
	go func() { _, _ = io.Copy(behind, front); behind.Close() }()
	_, _ = io.Copy(front, behind)
	front.Close()
	return nil
}

var errNoService = errors.New("no such Service")

// resolve turns SERVICE.NAMESPACE[.svc[.cluster.local]]:PORT into an address of this machine.
func (k *Kubelet) resolve(ctx context.Context, host string) (string, error) {
	name, portText, err := net.SplitHostPort(host)
	if err != nil {
		return "", fmt.Errorf("address %s: %w", host, err)
	}
	name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "."), ".cluster.local"), ".svc")
	service, namespace, ok := strings.Cut(name, ".")
	if !ok {
		namespace = "argocd" // The only programs that use short names are Argo CD's.
	}
	number, err := strconv.Atoi(portText)
	if err != nil || strings.Contains(namespace, ".") {
		return "", errNoService
	}
	object, err := k.client.CoreV1().Services(namespace).Get(ctx, service, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("service %s/%s: %w", namespace, service, err)
	}
	pods, err := k.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: labels.SelectorFromSet(object.Spec.Selector).String()})
	if err != nil {
		return "", fmt.Errorf("pods of service %s/%s: %w", namespace, service, err)
	}
	for _, p := range pods.Items {
		if port, ok := k.port(p.UID, target(object, p, int32(number))); ok {
			return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), nil
		}
	}
	return "", fmt.Errorf("service %s/%s: no pod is ready", namespace, service)
}

// target is the container's port behind a port of a Service.
func target(s *corev1.Service, p corev1.Pod, number int32) int32 {
	for _, port := range s.Spec.Ports {
		if port.Port != number {
			continue
		}
		if port.TargetPort.StrVal == "" {
			if port.TargetPort.IntVal != 0 {
				return port.TargetPort.IntVal
			}
			return number
		}
		for _, c := range p.Spec.Containers {
			for _, named := range c.Ports {
				if named.Name == port.TargetPort.StrVal {
					return named.ContainerPort
				}
			}
		}
	}
	return number
}

func (k *Kubelet) port(uid types.UID, containerPort int32) (int, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.pods[uid]
	if p == nil {
		return 0, false
	}
	for _, c := range p.running {
		if port, ok := c.setting.ports[containerPort]; ok {
			return port, true
		}
	}
	return 0, false
}

// Kill kills the processes of the pods whose names begin with prefix, as a crash would; the stand-in starts them again.
func (k *Kubelet) Kill(prefix string) int {
	k.mu.Lock()
	var victims []*container
	for _, p := range k.pods {
		for _, c := range p.running {
			if c.process != nil && strings.HasPrefix(c.setting.Pod.Name, prefix) {
				victims = append(victims, c)
			}
		}
	}
	k.mu.Unlock()
	for _, c := range victims {
		c.process.Kill()
	}
	return len(victims)
}
