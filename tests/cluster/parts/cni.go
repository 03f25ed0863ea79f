package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"
)

const pluginName = "network-policy"

// pluginConf is what the node's CNI configuration says of this plugin.
type pluginConf struct {
	types.PluginConf
	Socket string `json:"socket"` // where the node's agent listens
}

// podArgs are those that container runtimes set.
type podArgs struct {
	types.CommonArgs
	K8S_POD_NAMESPACE types.UnmarshallableString
	K8S_POD_NAME      types.UnmarshallableString
}

// runPlugin is the last plugin of the chain: it lets a pod's sandbox be only when the agent has made the pod's rules,
// and so before the pod's first packet.
func runPlugin() {
	nothing := func(*skel.CmdArgs) error { return nil }
	add := func(args *skel.CmdArgs) error {
		conf, err := tellAgent("add", args)
		if err != nil {
			return err
		}
		return types.PrintResult(conf.PrevResult, conf.CNIVersion)
	}
	del := func(args *skel.CmdArgs) error {
		tellAgent("del", args) // a sandbox must be removable, come what may
		return nil
	}
	skel.PluginMainFuncs(skel.CNIFuncs{Add: add, Del: del, Check: nothing}, version.All, pluginName)
}

func tellAgent(action string, args *skel.CmdArgs) (*pluginConf, error) {
	conf := &pluginConf{}
	if err := json.Unmarshal(args.StdinData, conf); err != nil {
		return nil, err
	}
	var pod podArgs
	if err := types.LoadArgs(args.Args, &pod); err != nil {
		return nil, err
	}
	if err := version.ParsePrevResult(&conf.PluginConf); err != nil {
		return nil, err
	}
	if pod.K8S_POD_NAME == "" || conf.PrevResult == nil {
		return conf, nil // not a pod of Kubernetes, or one that has nothing to remove
	}
	result, err := current.NewResultFromResult(conf.PrevResult)
	if err != nil {
		return nil, err
	}
	for _, ip := range result.IPs {
		if ip.Address.IP.To4() == nil {
			continue
		}
		query := url.Values{"namespace": {string(pod.K8S_POD_NAMESPACE)}, "name": {string(pod.K8S_POD_NAME)},
			"ip": {ip.Address.IP.String()}}
		if err := post(conf.Socket, action, query); err != nil {
			return nil, fmt.Errorf("the agent for network policies: %w", err)
		}
	}
	return conf, nil
}

func post(socket, action string, query url.Values) error {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	client := http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: 20 * time.Second}
	answer, err := client.PostForm("http://agent/"+action, query)
	for end := time.Now().Add(5 * time.Second); err != nil && time.Now().Before(end); { // it may be starting
		time.Sleep(50 * time.Millisecond)
		answer, err = client.PostForm("http://agent/"+action, query)
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
		return fmt.Errorf("%s: %s", answer.Status, text)
	}
	return nil
}
