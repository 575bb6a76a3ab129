//go:build tools

// Package controlplane names the programs of a Kubernetes control plane, so that go.mod pins them. Nothing here is compiled.
//
// k8s.io/kubernetes pins its staging modules at v0.0.0: go.mod replaces each with its release of the same minor version. To move to
// another one, change every version there and run `go mod tidy`.
package controlplane

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
)
