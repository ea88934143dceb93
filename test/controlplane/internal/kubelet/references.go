package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// configError is why a container cannot be made, of whatever image it is.
type configError struct{ err error }

func (e *configError) Error() string { return e.err.Error() }

func (e *configError) Unwrap() error { return e.err }

// references checks that the Secrets and ConfigMaps exist that a container's variables come from.
func (k *Kubelet) references(ctx context.Context, p *corev1.Pod, c corev1.Container) error {
	if _, err := k.envFrom(ctx, p.Namespace, c); err != nil {
		return &configError{err}
	}
	for _, v := range c.Env {
		from := v.ValueFrom
		if from == nil || from.SecretKeyRef == nil && from.ConfigMapKeyRef == nil {
			continue
		}
		_, ok, err := k.value(ctx, p, c, from)
		if err != nil {
			return &configError{fmt.Errorf("variable %s: %w", v.Name, err)}
		}
		if !ok && !may(from) {
			return &configError{fmt.Errorf("variable %s: its source has no such key", v.Name)}
		}
	}
	return nil
}

// may tells whether a variable may be missing.
func may(from *corev1.EnvVarSource) bool {
	is := (*bool)(nil)
	if from.SecretKeyRef != nil {
		is = from.SecretKeyRef.Optional
	} else if from.ConfigMapKeyRef != nil {
		is = from.ConfigMapKeyRef.Optional
	}
	return is != nil && *is
}

// envFrom are the variables that a container takes from whole Secrets and ConfigMaps.
func (k *Kubelet) envFrom(ctx context.Context, namespace string, c corev1.Container) (map[string]string, error) {
	env := map[string]string{}
	for _, from := range c.EnvFrom {
		switch {
		case from.SecretRef != nil:
			object, err := k.client.CoreV1().Secrets(namespace).Get(ctx, from.SecretRef.Name, metav1.GetOptions{})
			if err := optional(err, from.SecretRef.Optional); err != nil {
				return nil, fmt.Errorf("envFrom: %w", err)
			}
			if err == nil {
				for key, value := range object.Data {
					env[from.Prefix+key] = string(value)
				}
			}
		case from.ConfigMapRef != nil:
			object, err := k.client.CoreV1().ConfigMaps(namespace).Get(ctx, from.ConfigMapRef.Name, metav1.GetOptions{})
			if err := optional(err, from.ConfigMapRef.Optional); err != nil {
				return nil, fmt.Errorf("envFrom: %w", err)
			}
			if err == nil {
				for key, value := range object.Data {
					env[from.Prefix+key] = value
				}
			}
		}
	}
	return env, nil
}
