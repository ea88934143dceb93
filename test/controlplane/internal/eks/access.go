package eks

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// tokenPrefix begins the tokens of EKS. Behind it is a signed request to STS there, and here who asks for what.
const tokenPrefix = "k8s-aws-v1."

// claim is what a token says.
type claim struct{ Cluster, Role string }

// KubernetesAuth plays argocd-k8s-auth, which asks AWS for a token: it writes the ExecCredential of a token for `aws --cluster-name NAME
// --role-arn ARN`.
func KubernetesAuth(w io.Writer, args []string) error {
	var c claim
	for i := 1; i+1 < len(args); i++ {
		switch args[i] {
		case "--cluster-name":
			c.Cluster = args[i+1]
		case "--role-arn":
			c.Role = args[i+1]
		}
	}
	if len(args) == 0 || args[0] != "aws" || c.Cluster == "" || c.Role == "" {
		return fmt.Errorf("argocd-k8s-auth (stand-in): %q: allowed is aws --cluster-name NAME --role-arn ARN", args)
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	const lifetime = 14 * time.Minute
	err = json.NewEncoder(w).Encode(map[string]any{
		"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",
		"status": map[string]any{
			"expirationTimestamp": time.Now().Add(lifetime).UTC().Format(time.RFC3339),
			"token":               tokenPrefix + base64.RawURLEncoding.EncodeToString(raw),
		},
	})
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	return nil
}

// ServeHTTP answers the TokenReviews of the cluster's API server.
func (e *EKS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review authenticationv1.TokenReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	user, err := e.authenticate(r.Context(), review.Spec.Token)
	if err != nil {
		review.Status = authenticationv1.TokenReviewStatus{Error: err.Error()}
		if !errors.Is(err, errForeign) {
			e.log("EKS %s: refused: %v", e.Name, err)
		}
	} else {
		review.Status = authenticationv1.TokenReviewStatus{Authenticated: true, User: *user}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review)
}

var errForeign = errors.New("not a token of EKS")

func (e *EKS) authenticate(ctx context.Context, token string) (*authenticationv1.UserInfo, error) {
	encoded, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok {
		return nil, errForeign
	}
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	var c claim
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	if c.Cluster != e.Name {
		return nil, fmt.Errorf("the token is for the cluster %s", c.Cluster)
	}
	entry, err := e.Entry(ctx, c.Role, "STANDARD")
	if err != nil {
		return nil, err
	}
	groups, _, _ := unstructured.NestedStringSlice(entry.Object, "spec", "forProvider", "kubernetesGroups")
	return &authenticationv1.UserInfo{Username: userName(c.Role), Groups: groups}, nil
}

// userName is the name that EKS gives to a role by default, with one session for all.
func userName(role string) string {
	return "arn:aws:sts::" + accountOf(role) + ":assumed-role/" + path.Base(role) + "/session"
}

// clusterRoles are what access policies come to. Source: the EKS user guide, "Review access policy permissions".
func clusterRoles() map[string]string {
	return map[string]string{
		"AmazonEKSClusterAdminPolicy": "cluster-admin", "AmazonEKSAdminPolicy": "admin", "AmazonEKSEditPolicy": "edit", "AmazonEKSViewPolicy": "view",
	}
}

// policies gives principals the rights of the access policies that are associated with them.
func (e *EKS) policies(ctx context.Context) error {
	associations, err := e.ready(ctx, "accesspolicyassociations")
	if err != nil {
		return err
	}
	var problems []error
	for _, a := range associations {
		problems = append(problems, e.grant(ctx, a.Object))
	}
	return errors.Join(problems...)
}

func (e *EKS) grant(ctx context.Context, association map[string]any) error {
	principal := field.Text(association, "spec", "forProvider", "principalArn")
	policy := path.Base(field.Text(association, "spec", "forProvider", "policyArn"))
	role, ok := clusterRoles()[policy]
	if !ok {
		return fmt.Errorf("access policy %s is not known", policy)
	}
	name := "eks:" + strings.ToLower(policy) + ":" + path.Base(principal)
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: userName(principal)}}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role}
	scopes, _, _ := unstructured.NestedSlice(association, "spec", "forProvider", "accessScope")
	scope, _, _ := unstructured.NestedMap(association, "spec", "forProvider", "accessScope")
	if len(scopes) > 0 {
		scope, _ = scopes[0].(map[string]any)
	}
	if scope["type"] == "cluster" {
		_, err := e.client.RbacV1().ClusterRoleBindings().Create(ctx,
			&rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, Subjects: subjects, RoleRef: ref}, metav1.CreateOptions{})
		return exists(err)
	}
	namespaces, _, _ := unstructured.NestedStringSlice(scope, "namespaces")
	for _, namespace := range slices.Sorted(slices.Values(namespaces)) {
		_, err := e.client.RbacV1().RoleBindings(namespace).Create(ctx,
			&rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, Subjects: subjects, RoleRef: ref}, metav1.CreateOptions{})
		if err := exists(err); err != nil {
			return err
		}
	}
	return nil
}

// exists lets what is there already pass.
func exists(err error) error {
	if err == nil || apierrors.IsAlreadyExists(err) {
		return nil
	}
	return fmt.Errorf("EKS: %w", err)
}
