package main

import (
	"fmt"
	"log"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// egressRules are the pod's rules as nftables writes them: none if no policy of its namespace selects it for egress,
// else one for each thing that any of them allows, and a last one that drops the rest. DNS has no privilege.
//
// Peers by selector and ports by name are left out, which allows less than is meant: see the README.
func egressRules(pod *corev1.Pod, policies []networkingv1.NetworkPolicy) []string {
	var rules []string
	isolated := false
	for _, policy := range policies {
		selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
		if err != nil || !forEgress(&policy) || !selector.Matches(labels.Set(pod.Labels)) {
			continue
		}
		isolated = true
		for _, rule := range policy.Spec.Egress {
			for _, to := range destinations(&policy, rule.To) {
				for _, port := range ports(&policy, rule.Ports) {
					rules = append(rules, strings.Join(strings.Fields(to+" "+port+" accept"), " "))
				}
			}
		}
	}
	if isolated {
		rules = append(rules, "drop")
	}
	return rules
}

// forEgress: a policy that names no types is for egress if it has rules for it.
func forEgress(policy *networkingv1.NetworkPolicy) bool {
	for _, kind := range policy.Spec.PolicyTypes {
		if kind == networkingv1.PolicyTypeEgress {
			return true
		}
	}
	return len(policy.Spec.PolicyTypes) == 0 && len(policy.Spec.Egress) > 0
}

func destinations(policy *networkingv1.NetworkPolicy, peers []networkingv1.NetworkPolicyPeer) []string {
	if len(peers) == 0 {
		return []string{""} // everywhere
	}
	var matches []string
	for _, peer := range peers {
		if peer.IPBlock == nil {
			log.Printf("%s/%s: a peer that is not an ipBlock allows nothing here", policy.Namespace, policy.Name)
			continue
		}
		match := "ip daddr " + peer.IPBlock.CIDR
		if len(peer.IPBlock.Except) > 0 {
			match += " ip daddr != { " + strings.Join(peer.IPBlock.Except, ", ") + " }"
		}
		matches = append(matches, match)
	}
	return matches
}

func ports(policy *networkingv1.NetworkPolicy, ports []networkingv1.NetworkPolicyPort) []string {
	if len(ports) == 0 {
		return []string{""} // all
	}
	var matches []string
	for _, port := range ports {
		protocol := "tcp"
		if port.Protocol != nil {
			protocol = strings.ToLower(string(*port.Protocol))
		}
		switch {
		case port.Port == nil:
			matches = append(matches, "meta l4proto "+protocol)
		case port.Port.Type == intstr.String:
			log.Printf("%s/%s: a port by name allows nothing here", policy.Namespace, policy.Name)
		case port.EndPort != nil:
			matches = append(matches, fmt.Sprintf("%s dport %d-%d", protocol, port.Port.IntVal, *port.EndPort))
		default:
			matches = append(matches, fmt.Sprintf("%s dport %d", protocol, port.Port.IntVal))
		}
	}
	return matches
}
