// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// The loops of cert-manager for certificates from self-signed and CA issuers. cert-manager's own program is a Go module that is not
// published; the loops are, and this starts them as it does. Usage: cert-manager KUBECONFIG NAMESPACE, where NAMESPACE is that of
// the secrets to which ClusterIssuers refer.
package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	requestsca "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	requestsselfsigned "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	"github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	"github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	"github.com/cert-manager/cert-manager/pkg/logs"

	"stacktls.example/kubernetes/command"
)

const workers = 5

var loops = []string{
	issuers.ControllerName,
	clusterissuers.ControllerName,
	requestsselfsigned.CRControllerName,
	requestsca.CRControllerName,
	approver.ControllerName,
	trigger.ControllerName,
	issuing.ControllerName,
	keymanager.ControllerName,
	requestmanager.ControllerName,
	readiness.ControllerName,
	revisionmanager.ControllerName,
}

func main() {
	command.Main(run, "KUBECONFIG", "NAMESPACE")
}

func run(ctx context.Context, arguments []string) error {
	logs.InitLogs()
	contexts, err := controller.NewContextFactory(ctx, controller.ContextOptions{
		Kubeconfig:    arguments[0],
		IssuerOptions: controller.IssuerOptions{ClusterResourceNamespace: arguments[1]},
		CertificateOptions: controller.CertificateOptions{ // the defaults of its program
			CopiedAnnotationPrefixes:                 []string{"*", "-kubectl.kubernetes.io/", "-fluxcd.io/", "-argocd.argoproj.io/"},
			CertificateRequestMinimumBackoffDuration: time.Hour,
			CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
		},
	})
	if err != nil {
		return err
	}
	running, ctx := errgroup.WithContext(ctx)
	for _, name := range loops {
		loop, err := controller.Known()[name](contexts)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		running.Go(func() error { return loop.Run(workers, ctx) })
	}
	shared, err := contexts.Build() // the informers are the same in all of them
	if err != nil {
		return err
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	return running.Wait()
}
