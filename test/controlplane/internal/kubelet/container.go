package kubelet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
)

// container is a container with a process.
type container struct {
	command process.Command
	setting *Setting
	process *process.Process
}

func (c *container) ready(ctx context.Context) error { return c.setting.ready(ctx) }

// prepare makes the volumes, the credentials and the command of a container that is a program of this machine; nil for others. Init containers
// may make the Secrets that later ones need: volumes are written again for each.
func (k *Kubelet) prepare(ctx context.Context, p *corev1.Pod, c corev1.Container, dir string) (*container, error) {
	if err := k.references(ctx, p, c); err != nil {
		return nil, err
	}
	image := find(k.Images, c)
	if image == nil || !k.leads(p) {
		return nil, nil //nolint:nilnil // There is nothing to run.
	}
	mounts, err := k.volumes(ctx, p, dir)
	if err != nil {
		return nil, err
	}
	env, err := k.environment(ctx, p, c)
	if err != nil {
		return nil, err
	}
	kubeconfig, err := k.credentials(ctx, p, dir)
	if err != nil {
		return nil, err
	}
	made := &container{command: process.Command{
		Name: k.Cluster.Name + "-" + p.Name + "-" + c.Name, Path: image.Program, Args: slices.Concat(c.Command, c.Args), Dir: dir,
	}}
	mount := func(path string) string { return hostPath(c, mounts, path) }
	for name, value := range env {
		made.command.Env = append(made.command.Env, name+"="+mount(value))
	}
	for i, arg := range made.command.Args {
		made.command.Args[i] = expand(arg, env)
	}
	made.command.Env = append(append(made.command.Env, k.Env...), "KUBECONFIG="+kubeconfig)
	made.setting = &Setting{Pod: p, Image: c.Image, Command: &made.command, Mount: mount, Temp: dir, ports: map[int32]int{}, next: k.Ports.Next}
	if image.Set != nil {
		if err := image.Set(ctx, made.setting); err != nil {
			return nil, fmt.Errorf("container %s: %w", c.Name, err)
		}
	}
	if made.command.Path == "" {
		return nil, nil //nolint:nilnil // There is nothing to run.
	}
	return made, nil
}

// hostPath is where a path of a container is on this machine; other texts stay.
func hostPath(c corev1.Container, mounts map[string]string, path string) string {
	for _, m := range c.VolumeMounts {
		if path == m.MountPath || strings.HasPrefix(path, m.MountPath+"/") {
			if folder, ok := mounts[m.Name]; ok {
				return filepath.Join(folder, strings.TrimPrefix(path, m.MountPath))
			}
		}
	}
	return path
}

// expand replaces $(NAME).
func expand(text string, env map[string]string) string {
	for name, value := range env {
		text = strings.ReplaceAll(text, "$("+name+")", value)
	}
	return text
}

// credentials writes the kubeconfig of the pod's ServiceAccount.
func (k *Kubelet) credentials(ctx context.Context, p *corev1.Pod, dir string) (string, error) {
	account := p.Spec.ServiceAccountName
	if account == "" {
		account = "default"
	}
	seconds := int64((12 * 3600)) //nolint:mnd // Longer than any run.
	token, err := k.client.CoreV1().ServiceAccounts(p.Namespace).CreateToken(ctx, account,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("token of ServiceAccount %s: %w", account, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("folder of the pod: %w", err)
	}
	file := filepath.Join(dir, "kubeconfig")
	return file, k.Cluster.TokenFile(file, p.Namespace, token.Status.Token)
}

// volumes writes Secrets and ConfigMaps to folders, and makes empty ones.
func (k *Kubelet) volumes(ctx context.Context, p *corev1.Pod, dir string) (map[string]string, error) {
	mounts := map[string]string{}
	for _, v := range p.Spec.Volumes {
		folder := filepath.Join(dir, "volumes", v.Name)
		files := map[string][]byte{}
		var err error
		switch {
		case v.Secret != nil:
			files, err = k.secret(ctx, p.Namespace, v.Secret)
		case v.ConfigMap != nil:
			files, err = k.configMap(ctx, p.Namespace, v.ConfigMap)
		case v.EmptyDir != nil:
		default:
			continue // Projected tokens: the kubeconfig has one.
		}
		if err != nil {
			return nil, fmt.Errorf("volume %s: %w", v.Name, err)
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("volume %s: %w", v.Name, err)
		}
		for name, data := range files {
			if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
				return nil, fmt.Errorf("volume %s: %w", v.Name, err)
			}
		}
		mounts[v.Name] = folder
	}
	return mounts, nil
}

func (k *Kubelet) secret(ctx context.Context, namespace string, source *corev1.SecretVolumeSource) (map[string][]byte, error) {
	object, err := k.client.CoreV1().Secrets(namespace).Get(ctx, source.SecretName, metav1.GetOptions{})
	if err != nil {
		return nil, optional(err, source.Optional)
	}
	return selected(object.Data, source.Items), nil
}

func (k *Kubelet) configMap(ctx context.Context, namespace string, source *corev1.ConfigMapVolumeSource) (map[string][]byte, error) {
	object, err := k.client.CoreV1().ConfigMaps(namespace).Get(ctx, source.Name, metav1.GetOptions{})
	if err != nil {
		return nil, optional(err, source.Optional)
	}
	data := map[string][]byte{}
	for key, value := range object.Data {
		data[key] = []byte(value)
	}
	return selected(data, source.Items), nil
}

func selected(data map[string][]byte, items []corev1.KeyToPath) map[string][]byte {
	if len(items) == 0 {
		return data
	}
	some := map[string][]byte{}
	for _, item := range items {
		if value, ok := data[item.Key]; ok {
			some[item.Path] = value
		}
	}
	return some
}

func optional(err error, may *bool) error {
	if apierrors.IsNotFound(err) && may != nil && *may {
		return nil
	}
	return err
}

var errField = errors.New("a field that this stand-in does not know")

// environment resolves the variables of a container.
func (k *Kubelet) environment(ctx context.Context, p *corev1.Pod, c corev1.Container) (map[string]string, error) {
	env, err := k.envFrom(ctx, p.Namespace, c)
	if err != nil {
		return nil, err
	}
	for _, v := range c.Env {
		if v.ValueFrom == nil {
			env[v.Name] = expand(v.Value, env)
			continue
		}
		value, ok, err := k.value(ctx, p, c, v.ValueFrom)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", v.Name, err)
		}
		if ok {
			env[v.Name] = value
		}
	}
	return env, nil
}

func (k *Kubelet) value(ctx context.Context, p *corev1.Pod, c corev1.Container, from *corev1.EnvVarSource) (string, bool, error) {
	switch {
	case from.ConfigMapKeyRef != nil:
		object, err := k.client.CoreV1().ConfigMaps(p.Namespace).Get(ctx, from.ConfigMapKeyRef.Name, metav1.GetOptions{})
		if err != nil {
			return "", false, optional(err, from.ConfigMapKeyRef.Optional)
		}
		value, ok := object.Data[from.ConfigMapKeyRef.Key]
		return value, ok, nil
	case from.SecretKeyRef != nil:
		object, err := k.client.CoreV1().Secrets(p.Namespace).Get(ctx, from.SecretKeyRef.Name, metav1.GetOptions{})
		if err != nil {
			return "", false, optional(err, from.SecretKeyRef.Optional)
		}
		value, ok := object.Data[from.SecretKeyRef.Key]
		return string(value), ok, nil
	case from.FieldRef != nil:
		return field(p, from.FieldRef.FieldPath)
	case from.ResourceFieldRef != nil:
		// Limits that are not set are those of the node, which sets none here.
		name, ok := strings.CutPrefix(from.ResourceFieldRef.Resource, "limits.")
		limit, set := c.Resources.Limits[corev1.ResourceName(name)]
		return fmt.Sprint(limit.Value()), ok && set, nil
	default:
		return "", false, errField
	}
}

func field(p *corev1.Pod, path string) (string, bool, error) {
	switch path {
	case "metadata.name":
		return p.Name, true, nil
	case "metadata.namespace":
		return p.Namespace, true, nil
	case "metadata.uid":
		return string(p.UID), true, nil
	case "spec.serviceAccountName":
		return p.Spec.ServiceAccountName, true, nil
	case "spec.nodeName":
		return p.Spec.NodeName, true, nil
	case "status.podIP", "status.hostIP":
		return "127.0.0.1", true, nil
	}
	for prefix, values := range map[string]map[string]string{"metadata.labels['": p.Labels, "metadata.annotations['": p.Annotations} {
		if key, ok := strings.CutPrefix(path, prefix); ok {
			return values[strings.TrimSuffix(key, "']")], true, nil
		}
	}
	return "", false, fmt.Errorf("%s: %w", path, errField)
}
