package compositions

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/innovate-inc/genops/schema"
)

// keyImagesKey is the key of the resource that the repositories refer to: what images are encrypted with.
const keyImagesKey = "key"

// Who issues the tokens of GitHub's workflows, and whom they are for (GitHub: OpenID Connect reference).
const (
	githubIssuer = "token.actions.githubusercontent.com"
	audienceSTS  = "sts.amazonaws.com"
)

// registry composes an ECR registry.
type registry struct {
	*builder

	spec *schema.RegistrySpec
}

// composeRegistry makes image repositories with their key, scans and lifecycle, lets other accounts pull, and lets GitHub's workflows push.
func composeRegistry(spec *schema.RegistrySpec, meta schema.ClaimMeta, observed Observed) (*Result, error) {
	if problems := checkRegistry(spec, meta); len(problems) > 0 {
		return nil, &InvalidError{Problems: problems}
	}
	r := &registry{builder: newBuilder(meta, "Registry", claimRegistry, observed), spec: spec}
	r.add(keyImagesKey, r.key, fields{"description": "Images of " + prefix(meta), "enableKeyRotation": true, "deletionWindowInDays": int64(30)})
	r.add("key-alias", r.alias, fields{"targetKeyIdRef": r.ref(keyImagesKey)}).external(shorten(prefix(meta)+"-registry", limitAlias))
	r.scanning()
	// IAM checks GitHub's certificate against authorities that it knows itself, so there is no thumbprint.
	r.add("github-oidc-provider", r.oidcProvider, fields{"url": "https://" + githubIssuer, "clientIdList": []any{audienceSTS}})
	for _, repository := range spec.Repositories {
		r.images(repository)
		r.pushers(repository)
	}
	result, err := r.result()
	if err != nil {
		return nil, err
	}
	result.Status = r.status()
	return result, nil
}

// scanning says how the images of the whole registry are scanned: an account has one registry in a region, with one such setting.
func (r *registry) scanning() {
	scanType, frequency := "BASIC", "SCAN_ON_PUSH"
	if r.enhanced() {
		scanType = "ENHANCED"
		if r.spec.Scanning.Frequency == schema.ScanContinuous {
			frequency = "CONTINUOUS_SCAN"
		}
		r.add("inspector", r.inspector, fields{"accountIds": []any{r.meta.Account}, "resourceTypes": []any{"ECR"}})
	}
	r.add("scanning", r.registryScanning, fields{"scanType": scanType, "rule": []any{fields{
		"scanFrequency": frequency, "repositoryFilter": []any{fields{"filter": "*", "filterType": "WILDCARD"}},
	}}})
}

func (r *registry) enhanced() bool { return r.spec.Scanning.Type == schema.ScanEnhanced }

// images makes a repository, says which of its images go by themselves, and who in other accounts may pull.
func (r *registry) images(repository schema.RepositorySpec) {
	key := repositoryKey(repository.Name)
	encryption := r.encryption(key)
	forProvider := fields{
		"imageTagMutability":      "IMMUTABLE",
		"encryptionConfiguration": encryption,
		"forceDelete":             r.spec.ForceDelete,
	}
	if len(r.spec.MutableTags) > 0 {
		filters := make([]any, 0, len(r.spec.MutableTags))
		for _, tag := range r.spec.MutableTags {
			filters = append(filters, fields{"filter": tag, "filterType": "WILDCARD"})
		}
		forProvider["imageTagMutability"], forProvider["imageTagMutabilityExclusionFilter"] = "IMMUTABLE_WITH_EXCLUSION", filters
	}
	if !r.enhanced() {
		// With Inspector the setting of the registry counts alone.
		forProvider["imageScanningConfiguration"] = fields{"scanOnPush": true}
	}
	if encryption == nil {
		r.hold(key, r.repository.noun)
	} else {
		r.add(key, r.repository, forProvider).external(schema.RepositoryPath(r.meta.Project, repository.Name)).
			fromObserved("spec.forProvider.encryptionConfiguration")
		r.usage(r.own(keyImagesKey, r.key), r.own(key, r.repository),
			"Without its key nobody can pull the images, and AWS deletes no repository that has some.")
	}

	// AWS changes a lifecycle policy in place, and the provider does not: so what it says is part of its key.
	policy := lifecycle(r.spec.Lifecycle)
	r.add("lifecycle-"+repository.Name+"-"+shortHash(policy), r.lifecyclePolicy, fields{"repositoryRef": r.ref(key), "policy": policy})
	if len(r.spec.PullAccounts) > 0 {
		r.add("pull-"+repository.Name, r.repositoryPolicy, fields{"repositoryRef": r.ref(key)}).withPolicy("policy", r.pull())
	}
}

// encryption of a repository with the registry's key; nil while AWS has not said the key's ARN. There is a reference for it, inside a list that has
// one owner as a whole: the provider would write the ARN into it, and Crossplane take it out again, for ever.
func (r *registry) encryption(repository string) []any {
	if keyARN := r.observedText(keyImagesKey, "status", "atProvider", "arn"); keyARN != "" {
		return []any{fields{"encryptionType": "KMS", "kmsKey": keyARN}}
	}
	// AWS cannot change the encryption of a repository: what it has, it keeps.
	kept, _ := at(r.observed.Resources[repository], "spec", "forProvider", "encryptionConfiguration").([]any)
	if kept == nil {
		return nil
	}
	return runtime.DeepCopyJSONValue(kept).([]any) //nolint:forcetypeassert // A copy of a list is one.
}

func repositoryKey(name string) string { return "repository-" + name }

func pushRoleKey(name string) string { return "push-role-" + name }

// pull lets other accounts pull; who in them may do so is theirs to say. Policies of repositories have no resource: they belong to one.
func (r *registry) pull() document {
	principals := make([]string, 0, len(r.spec.PullAccounts))
	for _, account := range r.spec.PullAccounts {
		principals = append(principals, fmt.Sprintf("arn:%s:iam::%s:root", schema.Partition(r.meta.Region), account))
	}
	return newDocument(statement{
		Sid: "Pull", Effect: allow, Principal: fields{"AWS": principals},
		Action: []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
	})
}

// pushers makes the role that workflows of a repository push with. They can neither delete images nor change a repository.
func (r *registry) pushers(repository schema.RepositorySpec) {
	role, name := pushRoleKey(repository.Name), schema.RepositoryPath(r.meta.Project, repository.Name)
	r.add(role, r.role, fields{"description": "GitHub Actions push images to " + name}).
		external(pushRoleName(r.meta, repository.Name)).
		withPolicy("assumeRolePolicy", r.trustGitHub(repository.GitHub))
	r.add("push-policy-"+repository.Name, r.rolePolicy, fields{"roleRef": r.ref(role)}).
		external("push").
		withPolicy("policy", newDocument(
			statement{
				Sid: "Login", Effect: allow, Action: []string{"ecr:GetAuthorizationToken"}, Resource: []string{"*"},
				Wildcard: "The action knows no resources. What the token is good for, the other statement says.",
			},
			statement{
				Sid: "Push", Effect: allow,
				Action: []string{
					"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:DescribeRepositories",
					"ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:ListImages", "ecr:PutImage", "ecr:UploadLayerPart",
				},
				Resource: []string{arn(r.meta, "ecr", "repository/"+name)},
			},
		))
}

// trustGitHub lets workflows of one GitHub repository assume a role, on the branches and tags that the claim names. Only the end of a tag may be
// left open.
func (r *registry) trustGitHub(from schema.PushersSpec) document {
	trusted := func(sid, operator string, subjects []string) statement {
		condition := conditions{"StringEquals": {githubIssuer + ":aud": audienceSTS}}
		if condition[operator] == nil {
			condition[operator] = map[string]any{}
		}
		condition[operator][githubIssuer+":sub"] = subjects
		return statement{
			Sid: sid, Effect: allow, Principal: fields{"Federated": iamARN(r.meta, "oidc-provider/"+githubIssuer)},
			Action: []string{"sts:AssumeRoleWithWebIdentity"}, Condition: condition,
		}
	}
	exact, patterns := from.Subjects(r.spec.GitHub.Organization)
	var statements []statement
	if len(exact) > 0 {
		statements = append(statements, trusted("GitHub", "StringEquals", exact))
	}
	if len(patterns) > 0 {
		statements = append(statements, trusted("GitHubTags", "StringLike", patterns))
	}
	return newDocument(statements...)
}

// status are the addresses that images are pushed to and pulled from, and the roles that push.
func (r *registry) status() map[string]any {
	status := fields{"registryURL": schema.RegistryHost(r.meta.Account, r.meta.Region)}
	if keyARN := r.observedText(keyImagesKey, "status", "atProvider", "arn"); keyARN != "" {
		status["keyARN"] = keyARN
	}
	urls, roles := fields{}, fields{}
	for _, repository := range r.spec.Repositories {
		if url := r.observedText(repositoryKey(repository.Name), "status", "atProvider", "repositoryUrl"); url != "" {
			urls[repository.Name] = url
		}
		if role := r.observedText(pushRoleKey(repository.Name), "status", "atProvider", "arn"); role != "" {
			roles[repository.Name] = role
		}
	}
	if len(urls) > 0 {
		status["repositoryURLs"] = urls
	}
	if len(roles) > 0 {
		status["pushRoleARNs"] = roles
	}
	return status
}

// checkRegistry finds what the schema of claims cannot say.
func checkRegistry(spec *schema.RegistrySpec, meta schema.ClaimMeta) []string {
	var problems []string
	if spec.Scanning.Type != schema.ScanEnhanced && spec.Scanning.Frequency == schema.ScanContinuous {
		problems = append(problems, "spec.scanning.frequency: continuous is for the type enhanced: basic scans an image once")
	}
	if spec.ForceDelete && (meta.Stage == schema.StageProd || meta.Stage == schema.StageShared) {
		problems = append(problems, fmt.Sprintf(
			"spec.forceDelete: found true, allowed in %s is false: images that run may be among those that go", meta.Stage))
	}
	for i, repository := range spec.Repositories {
		if len(repository.GitHub.Branches)+len(repository.GitHub.Tags) == 0 {
			problems = append(problems, fmt.Sprintf("spec.repositories[%d].github: found neither a branch nor a tag: nobody could push", i))
		}
	}
	return problems
}
