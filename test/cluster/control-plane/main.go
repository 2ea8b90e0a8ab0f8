// Command control-plane is the control plane of a cluster without nodes: etcd, kube-apiserver and
// kube-controller-manager in one binary, one process each. test/support/control-plane.ts starts them.
//
//	control-plane etcd DATA_FOLDER CLIENT_URL PEER_URL
//	control-plane kube-apiserver FLAGS
//	control-plane kube-controller-manager FLAGS
//
// A process ends with its standard input, so that a test run that was killed leaves nothing behind.
package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // For the time zones of CronJobs.

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("no component is named: use etcd, kube-apiserver or kube-controller-manager"))
	}
	component, arguments := os.Args[1], os.Args[2:]
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	switch component {
	case "etcd":
		if err := runEtcd(arguments); err != nil {
			fail(err)
		}
	case "kube-apiserver":
		run(apiserver.NewAPIServerCommand(), arguments)
	case "kube-controller-manager":
		run(controllermanager.NewControllerManagerCommand(), arguments)
	default:
		fail(fmt.Errorf("component %q is unknown: use etcd, kube-apiserver or kube-controller-manager", component))
	}
}

func run(command *cobra.Command, arguments []string) {
	command.SetArgs(arguments)
	os.Exit(cli.Run(command))
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "control-plane: %v\n", err)
	os.Exit(1)
}

// runEtcd serves one member until SIGTERM. Its HTTP gateway is on, so that a test can compact.
func runEtcd(arguments []string) error {
	if len(arguments) != 3 {
		return fmt.Errorf("etcd takes a data folder, a client URL and a peer URL, not %d arguments", len(arguments))
	}
	client, err := url.Parse(arguments[1])
	if err != nil {
		return err
	}
	peer, err := url.Parse(arguments[2])
	if err != nil {
		return err
	}
	config := embed.NewConfig()
	config.Dir = arguments[0]
	config.LogLevel = "warn"
	config.EnableGRPCGateway = true
	config.UnsafeNoFsync = true // The data is thrown away after the tests.
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*client}, []url.URL{*client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{*peer}, []url.URL{*peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer etcd.Close()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case <-stop:
		return nil
	case err := <-etcd.Err():
		return err
	}
}
