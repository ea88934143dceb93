package kube

import (
	"fmt"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

var getOptions = metav1.GetOptions{}

// config is a client configuration of a user with a certificate.
func (c *Cluster) config(user string, groups ...string) (*rest.Config, error) {
	pair, err := c.authority.Client(user, groups...)
	if err != nil {
		return nil, err
	}
	return &rest.Config{
		Host: c.URL, QPS: 200, Burst: 400,
		TLSClientConfig: rest.TLSClientConfig{CAData: c.CA, CertData: pair.Certificate, KeyData: pair.Key},
		WarningHandler:  rest.NoWarnings{},
	}, nil
}

// kubeconfig writes the file of a user with a certificate.
func (c *Cluster) kubeconfig(name, user string, groups ...string) (string, error) {
	pair, err := c.authority.Client(user, groups...)
	if err != nil {
		return "", err
	}
	file := filepath.Join(c.dir, name+".kubeconfig")
	return file, c.write(file, "default", api.AuthInfo{ClientCertificateData: pair.Certificate, ClientKeyData: pair.Key})
}

// AdminFile writes a kubeconfig with all rights, for people.
func (c *Cluster) AdminFile() (string, error) {
	return c.kubeconfig("admin", "admin", "system:masters")
}

// PeopleFile writes a kubeconfig with all rights into a file of one's own.
func (c *Cluster) PeopleFile(file string) error {
	pair, err := c.authority.Client("admin", "system:masters")
	if err != nil {
		return err
	}
	return c.write(file, "default", api.AuthInfo{ClientCertificateData: pair.Certificate, ClientKeyData: pair.Key})
}

// TokenFile writes a kubeconfig with a bearer token and a namespace, as pods have them.
func (c *Cluster) TokenFile(file, namespace, token string) error {
	return c.write(file, namespace, api.AuthInfo{Token: token})
}

func (c *Cluster) write(file, namespace string, auth api.AuthInfo) error {
	config := api.Config{
		Clusters:       map[string]*api.Cluster{c.Name: {Server: c.URL, CertificateAuthorityData: c.CA}},
		AuthInfos:      map[string]*api.AuthInfo{"user": &auth},
		Contexts:       map[string]*api.Context{"default": {Cluster: c.Name, AuthInfo: "user", Namespace: namespace}},
		CurrentContext: "default",
	}
	if err := clientcmd.WriteToFile(config, file); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}
