package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// image is an AMI and the parameters of SSM that name it.
type image struct {
	name         string
	architecture ec2types.ArchitectureValues
	parameters   []string
}

var architectures = []ec2types.ArchitectureValues{ec2types.ArchitectureValuesX8664, ec2types.ArchitectureValuesArm64}

// images returns the AMIs of the releases that exist for a version of Kubernetes.
func images(version string, releases map[string]string) ([]image, error) {
	var result []image
	for family, release := range releases {
		switch family {
		case "Bottlerocket":
			result = append(result, bottlerocket(version, strings.TrimPrefix(release, "v"))...)
		case "AL2023":
			result = append(result, al2023(version, release)...)
		default:
			return nil, fmt.Errorf("AMI family %q is neither Bottlerocket nor AL2023", family)
		}
	}
	return result, nil
}

func bottlerocket(version, release string) []image {
	var result []image
	for _, variant := range []string{"", "-nvidia"} {
		for _, architecture := range architectures {
			build := fmt.Sprintf("aws-k8s-%s%s", version, variant)
			folder := fmt.Sprintf("/aws/service/bottlerocket/%s/%s", build, architecture)
			result = append(result, image{
				name:         fmt.Sprintf("bottlerocket-%s-%s-v%s-%s", build, architecture, release, digest(release)[:8]),
				architecture: architecture,
				parameters:   []string{folder + "/" + release + "/image_id", folder + "/latest/image_id"},
			})
		}
	}
	return result
}

func al2023(version, release string) []image {
	variants := map[ec2types.ArchitectureValues][]string{
		ec2types.ArchitectureValuesX8664: {"standard", "nvidia", "neuron"},
		ec2types.ArchitectureValuesArm64: {"standard", "nvidia"},
	}
	var result []image
	for _, architecture := range architectures {
		for _, variant := range variants[architecture] {
			folder := fmt.Sprintf("/aws/service/eks/optimized-ami/%s/amazon-linux-2023/%s/%s", version, architecture, variant)
			name := fmt.Sprintf("amazon-eks-node-al2023-%s-%s-%s-%s", architecture, variant, version, release)
			result = append(result, image{
				name:         name,
				architecture: architecture,
				parameters:   []string{folder + "/" + name + "/image_id", folder + "/recommended/image_id"},
			})
		}
	}
	return result
}

func (i image) id() string {
	return "ami-" + digest(i.name)
}

func (i image) describe() ec2types.Image {
	return ec2types.Image{
		ImageId:      new(i.id()),
		Name:         new(i.name),
		Architecture: i.architecture,
		State:        ec2types.ImageStateAvailable,
		CreationDate: new("2026-01-01T00:00:00.000Z"),
	}
}

// parameterStore is SSM: the id of an image by the name of its parameter.
type parameterStore map[string]string

func newParameterStore(images []image) parameterStore {
	store := parameterStore{}
	for _, image := range images {
		for _, parameter := range image.parameters {
			store[parameter] = image.id()
		}
	}
	return store
}

// GetParameter is the call of SSM.
func (p parameterStore) GetParameter(_ context.Context, in *ssm.GetParameterInput, _ ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	value, found := p[*in.Name]
	if !found {
		return nil, &ssmtypes.ParameterNotFound{Message: new("parameter " + *in.Name + " does not exist")}
	}
	return &ssm.GetParameterOutput{Parameter: &ssmtypes.Parameter{Name: in.Name, Value: &value}}, nil
}

// digest returns 17 hexadecimal digits for a text, the length of ids in EC2.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:17]
}
