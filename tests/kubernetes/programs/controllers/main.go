// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// The loops of Kubernetes' controller manager without which objects and namespaces do not go away: garbage collection, deletion of
// namespaces, and the service account "default" of each namespace. Usage: controllers KUBECONFIG
package main

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/namespace"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"

	"stacktls.example/kubernetes/command"
)

const (
	workers = 5
	// How soon garbage collection sees kinds that were not there before; each time it asks the API for all kinds.
	discoveryPeriod = 5 * time.Second
	resyncPeriod    = 10 * time.Minute
	syncTimeout     = time.Minute
)

func main() {
	command.Main(run, "KUBECONFIG")
}

func run(ctx context.Context, arguments []string) error {
	config, err := clientcmd.BuildConfigFromFlags("", arguments[0])
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 400, 800 // the default is 5 a second
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	objects, err := metadata.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, resyncPeriod)
	started := make(chan struct{})

	accounts, err := serviceaccount.NewServiceAccountsController(
		klog.FromContext(ctx), factory.Core().V1().ServiceAccounts(), factory.Core().V1().Namespaces(), client,
		serviceaccount.DefaultServiceAccountsControllerOptions(),
	)
	if err != nil {
		return err
	}
	namespaces := namespace.NewNamespaceController(
		ctx, client, objects, client.Discovery().ServerPreferredNamespacedResources, factory.Core().V1().Namespaces(),
		resyncPeriod, corev1.FinalizerKubernetes,
	)
	kinds := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	garbage, err := garbagecollector.NewGarbageCollector(
		ctx, client, objects, kinds, garbagecollector.DefaultIgnoredResources(),
		informerfactory.NewInformerFactory(factory, metadatainformer.NewSharedInformerFactory(objects, resyncPeriod)), started,
	)
	if err != nil {
		return err
	}

	factory.Start(ctx.Done())
	close(started)
	go accounts.Run(ctx, 1)
	go namespaces.Run(ctx, workers)
	go garbage.Sync(ctx, client.Discovery(), discoveryPeriod)
	garbage.Run(ctx, workers, syncTimeout)
	return nil
}
