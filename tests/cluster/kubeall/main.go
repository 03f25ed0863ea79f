// The parts of a Kubernetes cluster as one program: the first argument names the part, or the name under
// which the program is called (a link `kubectl` to it is kubectl).
//
// One program instead of six because the parts share nearly all of their code: together they are
// about as large as one of them, and they compile in one go.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

var parts = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-proxy":              proxy.NewProxyCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kubectl":                 kubectl.NewDefaultKubectlCommand,
}

func main() {
	if called := filepath.Base(os.Args[0]); parts[called] != nil {
		os.Args = append([]string{"kubeall", called}, os.Args[1:]...)
	}
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		names := make([]string, 0, len(parts))
		for name := range parts {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Fprintln(os.Stderr, "usage: kubeall "+strings.Join(names, "|")+" [ARGUMENTS]")
		os.Exit(2)
	}
	name := os.Args[1]
	// Cobra and kubectl's plugin look-up both read os.Args: they must see the part as the program.
	os.Args = append([]string{name}, os.Args[2:]...)
	command := parts[name]()
	if name == "kubectl" {
		if err := cli.RunNoErrOutput(command); err != nil {
			kubectlutil.CheckErr(err) // words errors as kubectl does
		}
		return
	}
	os.Exit(cli.Run(command))
}
