package main

import (
	"encoding/binary"
	"flag"
	"io"
	"log"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// serveNames answers for the names of one file, written as a hosts file is, and for no others: there is no way out of
// the cluster, so every other name is one that does not exist.
//
// The faults' file has lines `SOURCE ACTION [NAME]`: SOURCE is the network of those who are answered so, ACTION is
// nxdomain, servfail or silent, and without NAME it holds for all names. The first line that fits decides.
func serveNames(arguments []string) error {
	flags := flag.NewFlagSet("nameserver", flag.ExitOnError)
	listen := flags.String("listen", "", "ADDRESS:PORT, UDP and TCP")
	var server nameserver
	flags.StringVar(&server.names, "names", "", "file of names")
	flags.StringVar(&server.faults, "faults", "", "file of faults")
	flags.Parse(arguments)

	tcp, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	go server.acceptTCP(tcp)
	udp, err := net.ListenPacket("udp", *listen)
	if err != nil {
		return err
	}
	for {
		buffer := make([]byte, 4096)
		n, source, err := udp.ReadFrom(buffer)
		if err != nil {
			return err
		}
		go func() {
			if answer := server.answer(buffer[:n], source); answer != nil {
				udp.WriteTo(answer, source)
			}
		}()
	}
}

type nameserver struct{ names, faults string }

func (s *nameserver) acceptTCP(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer conn.Close()
			for {
				var size uint16
				if binary.Read(conn, binary.BigEndian, &size) != nil {
					return
				}
				query := make([]byte, size)
				if _, err := io.ReadFull(conn, query); err != nil {
					return
				}
				if answer := s.answer(query, conn.RemoteAddr()); answer != nil {
					conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
				}
			}
		}()
	}
}

// answer is nil where nothing is said.
func (s *nameserver) answer(query []byte, source net.Addr) []byte {
	var parser dnsmessage.Parser
	header, err := parser.Start(query)
	if err != nil || header.Response {
		return nil
	}
	question, err := parser.Question()
	if err != nil {
		return nil
	}
	name := strings.ToLower(strings.TrimSuffix(question.Name.String(), "."))
	client := netip.MustParseAddrPort(source.String()).Addr()
	result, addresses := "nxdomain", s.lookUp(name)
	if len(addresses) > 0 {
		result = "ok"
	}
	if fault := s.fault(name, client); fault != "" {
		result = fault
	}
	logAccess("remote=%s name=%q type=%s result=%s", source, name, question.Type, result)
	reply := dnsmessage.Header{ID: header.ID, Response: true, OpCode: header.OpCode, Authoritative: true,
		RecursionDesired: header.RecursionDesired, RecursionAvailable: true}
	switch result {
	case "ok":
	case "silent":
		return nil
	case "servfail":
		reply.RCode = dnsmessage.RCodeServerFailure
	default:
		reply.RCode = dnsmessage.RCodeNameError
	}
	builder := dnsmessage.NewBuilder(nil, reply)
	builder.StartQuestions()
	builder.Question(question)
	builder.StartAnswers()
	if result == "ok" && (question.Type == dnsmessage.TypeA || question.Type == dnsmessage.TypeALL) {
		// One second: nothing that a test heals may live on in a cache.
		head := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 1}
		for _, address := range addresses {
			builder.AResource(head, dnsmessage.AResource{A: address.As4()})
		}
	}
	message, err := builder.Finish()
	if err != nil {
		log.Printf("no answer can be written for %q: %v", name, err)
		return nil
	}
	return message
}

func (s *nameserver) lookUp(name string) (addresses []netip.Addr) {
	for _, line := range words(s.names) {
		address, err := netip.ParseAddr(line[0])
		if err != nil || !address.Is4() {
			continue
		}
		for _, known := range line[1:] {
			if known == name {
				addresses = append(addresses, address)
			}
		}
	}
	return addresses
}

func (s *nameserver) fault(name string, client netip.Addr) string {
	for _, line := range words(s.faults) {
		source, err := netip.ParsePrefix(line[0])
		if err != nil || len(line) < 2 || !source.Contains(client.Unmap()) {
			continue
		}
		if len(line) == 2 || line[2] == name {
			return line[1]
		}
	}
	return ""
}
