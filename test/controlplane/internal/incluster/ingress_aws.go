package incluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// securityGroups checks that the named security groups exist in the cluster's network, by id or by the tag Name.
func (a *account) securityGroups(ctx context.Context, m member) error {
	wanted := m.setting("security-groups")
	if wanted == "" {
		return nil
	}
	groups, err := a.inNetwork(ctx, "securitygroups")
	if err != nil {
		return fmt.Errorf("security-groups: %w", err)
	}
	tags, err := a.tags(ctx, groups, a.Identity.Region)
	if err != nil {
		return err
	}
	var problems []error
	for name := range strings.SplitSeq(wanted, ",") {
		name = strings.TrimSpace(name)
		if !slices.ContainsFunc(groups, func(u unstructured.Unstructured) bool {
			return external(u) == name || tags[external(u)]["Name"] == name
		}) {
			problems = append(problems, fmt.Errorf("security-groups: the network has no security group with the tag Name=%s; %s", name,
				names(groups, func(u unstructured.Unstructured) string { return tags[external(u)]["Name"] })))
		}
	}
	return errors.Join(problems...)
}

// webACL checks that the web ACL exists, and is for load balancers.
func (a *account) webACL(ctx context.Context, m member) error {
	name, arn := m.setting("wafv2-acl-name"), m.setting("wafv2-acl-arn")
	if name != "" && arn != "" {
		return errors.New("wafv2-acl-name and wafv2-acl-arn exclude each other")
	}
	if name == "" && arn == "" || name == "none" || arn == "none" {
		return nil
	}
	acls, err := a.all(ctx, managed{"wafv2.aws.upbound.io", "webacls"}, a.Identity.Region)
	if err != nil {
		return fmt.Errorf("wafv2-acl: %w", err)
	}
	for _, u := range acls {
		if name != "" && provider(u, "name") != name || arn != "" && observed(u, "arn") != arn {
			continue
		}
		if scope := provider(u, "scope"); scope != "REGIONAL" {
			return fmt.Errorf("wafv2-acl: web ACL %s has the scope %s, load balancers need REGIONAL", provider(u, "name"), scope)
		}
		return nil
	}
	return fmt.Errorf("wafv2-acl: the region has no web ACL %s%s; %s", name, arn, names(acls, func(u unstructured.Unstructured) string {
		return provider(u, "name")
	}))
}

// secure tells whether the load balancer listens with TLS.
func secure(m member) (bool, error) {
	listeners, stated, _ := unstructured.NestedSlice(m.params, "listeners")
	if stated {
		return slices.ContainsFunc(listeners, func(l any) bool {
			fields, ok := l.(map[string]any)
			return ok && field.Text(fields, "protocol") == "HTTPS"
		}), nil
	}
	if text := m.setting("listen-ports"); text != "" {
		var ports []map[string]int
		if err := json.Unmarshal([]byte(text), &ports); err != nil {
			return false, fmt.Errorf("listen-ports: %w", err)
		}
		return slices.ContainsFunc(ports, func(port map[string]int) bool { return port["HTTPS"] > 0 }), nil
	}
	return m.setting("certificate-arn") != "" || len(m.Spec.TLS) > 0, nil
}

// certificates checks that certificates cover all hosts.
func (a *account) certificates(ctx context.Context, m member) error {
	needed, err := secure(m)
	if err != nil || !needed {
		return err
	}
	all, err := a.all(ctx, managed{"acm.aws.upbound.io", "certificates"}, a.Identity.Region)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	// The managed resource learns only after minutes that its certificate is issued; who waits for it knows at once.
	validated, _ := a.all(ctx, managed{"acm.aws.upbound.io", "certificatevalidations"}, a.Identity.Region)
	all = slices.DeleteFunc(all, func(u unstructured.Unstructured) bool {
		return observed(u, "status") != "ISSUED" && !slices.ContainsFunc(validated, func(v unstructured.Unstructured) bool {
			return provider(v, "certificateArn") == observed(u, "arn")
		})
	})
	if stated := m.certificateARNs(); len(stated) > 0 {
		return exist(all, stated)
	}
	hosts := hosts(m)
	if len(hosts) == 0 {
		return errors.New("certificate: no rule has a host, by which the controller would find one")
	}
	var problems []error
	for _, host := range hosts {
		if !slices.ContainsFunc(all, func(u unstructured.Unstructured) bool { return slices.ContainsFunc(domains(u), covers(host)) }) {
			problems = append(problems, fmt.Errorf("certificate: the region has none that is issued for %s; %s", host,
				names(all, func(u unstructured.Unstructured) string { return strings.Join(domains(u), " ") })))
		}
	}
	return errors.Join(problems...)
}

// certificateARNs are the certificates that the class or the Ingress names.
func (m member) certificateARNs() []string {
	if stated, ok, _ := unstructured.NestedStringSlice(m.params, "certificateArn"); ok && len(stated) > 0 {
		return stated
	}
	if text := m.setting("certificate-arn"); text != "" {
		return strings.Split(text, ",")
	}
	return nil
}

func exist(certificates []unstructured.Unstructured, arns []string) error {
	for _, arn := range arns {
		if !slices.ContainsFunc(certificates, func(u unstructured.Unstructured) bool { return observed(u, "arn") == strings.TrimSpace(arn) }) {
			return fmt.Errorf("certificate: the region has none with the ARN %s", arn)
		}
	}
	return nil
}

// hosts are the hosts that an Ingress answers for.
func hosts(m member) []string {
	var all []string
	for _, rule := range m.Spec.Rules {
		if rule.Host != "" {
			all = append(all, rule.Host)
		}
	}
	for _, tls := range m.Spec.TLS {
		all = append(all, tls.Hosts...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// domains are the names that a certificate is for.
func domains(u unstructured.Unstructured) []string {
	more, _, _ := unstructured.NestedStringSlice(u.Object, "spec", "forProvider", "subjectAlternativeNames")
	return append([]string{provider(u, "domainName")}, more...)
}

// covers tells whether a name in a certificate is a host's: a star stands for one label.
func covers(host string) func(string) bool {
	return func(domain string) bool {
		if domain == host {
			return true
		}
		_, parent, ok := strings.Cut(host, ".")
		return ok && domain == "*."+parent
	}
}
