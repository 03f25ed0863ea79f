package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// servePolicies is a node's agent: for each pod of the node that has a network of its own it keeps a chain of
// nftables with what the NetworkPolicies allow the pod to reach.
//
// Watches only say when to look. What is applied is always read from the API server at that moment, so that a policy
// that was there before a pod holds for the pod's first packet, however late a watch is.
func servePolicies(arguments []string) error {
	flags := flag.NewFlagSet("network-policy-agent", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server")
	node := flags.String("node", "", "this node's name")
	socket := flags.String("socket", "", "where the plugin finds the agent")
	flags.Parse(arguments)

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 100, 200
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	a := &agent{client: client, addresses: map[podKey]string{}}
	if err := nft(baseRules); err != nil {
		return err
	}
	os.Remove(*socket)
	listener, err := net.Listen("unix", *socket)
	if err != nil {
		return err
	}
	go a.watch(*node)
	return http.Serve(listener, a)
}

// What answers is allowed: policies are about who begins.
const baseRules = `table inet network_policy {
  map pods { type ipv4_addr : verdict; }
  chain egress { type filter hook forward priority 0; }
}
flush chain inet network_policy egress
add rule inet network_policy egress ct state established,related accept
add rule inet network_policy egress ip saddr vmap @pods
`

type podKey struct{ namespace, name string }

type agent struct {
	client    kubernetes.Interface
	mutex     sync.Mutex // one change at a time: a later one is made of what was read later
	addresses map[podKey]string
}

// ServeHTTP answers the plugin: /add when the pod's rules are in force, /del when they are gone.
func (a *agent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := podKey{r.FormValue("namespace"), r.FormValue("name")}
	ip, err := netip.ParseAddr(r.FormValue("ip"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	switch r.URL.Path {
	case "/add":
		err = a.apply(r.Context(), key, ip.String())
	case "/del":
		err = a.forget(key, ip.String())
	default:
		err = errors.New("no such action")
	}
	if err != nil {
		log.Printf("%s %v: %v", r.URL.Path, key, err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// apply makes the pod's rules anew. Without an address it is the one that is known, and none is nothing to do.
func (a *agent) apply(ctx context.Context, key podKey, ip string) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if ip == "" {
		if ip = a.addresses[key]; ip == "" {
			return nil
		}
	}
	pod, err := a.client.CoreV1().Pods(key.namespace).Get(ctx, key.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && a.addresses[key] != "" {
		return nil // its end is on its way; until then it keeps the rules it has
	} else if err != nil {
		return err
	}
	policies, err := a.client.NetworkingV1().NetworkPolicies(key.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	chain := chainOf(ip)
	text := fmt.Sprintf("add chain inet network_policy %s\nflush chain inet network_policy %s\n", chain, chain)
	for _, rule := range egressRules(pod, policies.Items) {
		text += fmt.Sprintf("add rule inet network_policy %s %s\n", chain, rule)
	}
	text += fmt.Sprintf("add element inet network_policy pods { %s : jump %s }\n", ip, chain)
	if err := nft(text); err != nil {
		return err
	}
	a.addresses[key] = ip
	return nil
}

// forget leaves an empty chain, which allows everything: the address's next owner fills it before it sends.
func (a *agent) forget(key podKey, ip string) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.addresses[key] == ip {
		delete(a.addresses, key)
	}
	for _, used := range a.addresses {
		if used == ip {
			return nil // a second DEL, after the address has gone to another pod
		}
	}
	return nft(fmt.Sprintf("add chain inet network_policy %s\nflush chain inet network_policy %s\n", chainOf(ip), chainOf(ip)))
}

func chainOf(ip string) string { return "pod_" + strings.ReplaceAll(ip, ".", "_") }

func nft(text string) error {
	command := exec.Command("nft", "-f", "-")
	command.Stdin = strings.NewReader(text)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, output)
	}
	return nil
}

// watch applies what changes after a pod has begun: policies of its namespace, its labels. It also finds the pods
// that are there when the agent starts again.
func (a *agent) watch(node string) {
	onNode := informers.WithTweakListOptions(func(options *metav1.ListOptions) {
		options.FieldSelector = fields.OneTermEqualSelector("spec.nodeName", node).String()
	})
	pods := informers.NewSharedInformerFactoryWithOptions(a.client, 0, onNode)
	pods.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) {
			if pod := object.(*corev1.Pod); pod.Status.PodIP != "" && !pod.Spec.HostNetwork {
				a.again(podKey{pod.Namespace, pod.Name}, pod.Status.PodIP)
			}
		},
		UpdateFunc: func(before, after any) {
			if pod := after.(*corev1.Pod); !maps.Equal(before.(*corev1.Pod).Labels, pod.Labels) {
				a.again(podKey{pod.Namespace, pod.Name}, "")
			}
		},
	})
	policies := informers.NewSharedInformerFactory(a.client, 0)
	policies.Networking().V1().NetworkPolicies().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { a.againIn(object) },
		UpdateFunc: func(_, object any) { a.againIn(object) },
		DeleteFunc: func(object any) { a.againIn(object) },
	})
	pods.Start(nil)
	policies.Start(nil)
}

func (a *agent) againIn(object any) {
	if lost, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = lost.Obj
	}
	policy, ok := object.(*networkingv1.NetworkPolicy)
	if !ok {
		return
	}
	a.mutex.Lock()
	known := maps.Clone(a.addresses)
	a.mutex.Unlock()
	for key := range known {
		if key.namespace == policy.Namespace {
			a.again(key, "")
		}
	}
}

func (a *agent) again(key podKey, ip string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := a.apply(ctx, key, ip); err != nil && !apierrors.IsNotFound(err) {
		log.Printf("%v: %v", key, err)
	}
}
