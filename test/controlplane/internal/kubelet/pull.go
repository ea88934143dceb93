package kubelet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pullError says that an image cannot be pulled.
type pullError struct{ image, message string }

// Error is what a kubelet says.
func (e *pullError) Error() string {
	return fmt.Sprintf("failed to pull image %q: %s", e.image, e.message)
}

// Refuse lets no image be pulled from now on whose address contains a text, or that is of a pod whose name begins with it, until undo is called.
// Pods that run already go on.
func (k *Kubelet) Refuse(part, message string) (undo func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.refused[part] = message
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.refused, part)
	}
}

// Stop does the same, and ends the programs of such pods that run.
func (k *Kubelet) Stop(part, message string) (undo func()) {
	undo = k.Refuse(part, message)
	k.mu.Lock()
	var victims []*container
	for _, p := range k.pods {
		for _, c := range p.running {
			if uses(c.setting.Pod, part) {
				victims = append(victims, c)
			}
		}
	}
	k.mu.Unlock()
	for _, c := range victims {
		c.process.Kill()
	}
	return undo
}

// pull checks that the images of a pod can be had.
func (k *Kubelet) pull(p *corev1.Pod) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for part, message := range k.refused {
		if uses(p, part) {
			return &pullError{p.Spec.Containers[0].Image, message}
		}
	}
	return nil
}

// Evict deletes the pods that have an image whose address contains a text, or a name that begins with it. Their controllers make new ones, which pull it again.
func (k *Kubelet) Evict(ctx context.Context, part string) error {
	pods, err := k.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("pods of %s: %w", k.Cluster.Name, err)
	}
	for _, p := range pods.Items {
		if !uses(&p, part) {
			continue
		}
		if err := k.client.CoreV1().Pods(p.Namespace).Delete(ctx, p.Name, metav1.DeleteOptions{}); err != nil {
			return fmt.Errorf("evict %s: %w", p.Name, err)
		}
	}
	return nil
}

// uses tells whether an image of a pod, or the beginning of its name, is meant.
func uses(p *corev1.Pod, part string) bool {
	return strings.HasPrefix(p.Name, part) || slices.ContainsFunc(p.Spec.Containers, func(c corev1.Container) bool { return strings.Contains(c.Image, part) })
}
