package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"net"
	"strconv"
	"strings"
	"time"
)

// serveTime answers as a time server (RFC 5905, section 7.3) whose clock may be off, and which may say or do what real
// ones cannot be made to: a kiss-of-death, lies, silence.
//
// The modes' file has words, read anew at each request: offset=7s, stratum=N, leap=N, kod=CODE (a kiss-of-death with
// that code), kod-after=N (only from the client's Nth request on), lie=origin (answers another request), lie=version,
// lie=length, lie=times (worked on it for an hour), silent. Flags of the same names are the values without the file.
func serveTime(arguments []string) error {
	flags := flag.NewFlagSet("ntp", flag.ExitOnError)
	ask := flags.String("ask", "", "ADDRESS of another time server: prints what it says, and that is all")
	listen := flags.String("listen", ":123", "ADDRESS:PORT, UDP")
	modes := flags.String("modes", "", "file of modes")
	given := timeModes{stratum: 2}
	flags.DurationVar(&given.offset, "offset", 0, "how far its clock is ahead")
	flags.IntVar(&given.stratum, "stratum", given.stratum, "0 to 16")
	flags.IntVar(&given.leap, "leap", 0, "3: not synchronised")
	flags.StringVar(&given.kiss, "kod", "", "the code of a kiss-of-death")
	flags.IntVar(&given.kissAfter, "kod-after", 0, "requests that are answered before it")
	flags.StringVar(&given.lie, "lie", "", "origin, version, length or times")
	flags.BoolVar(&given.silent, "silent", false, "no answer")
	flags.Parse(arguments)
	if *ask != "" {
		return askTime(*ask)
	}
	socket, err := net.ListenPacket("udp", *listen)
	if err != nil {
		return err
	}
	asked := map[string]int{}
	request := make([]byte, 1024)
	for {
		n, source, err := socket.ReadFrom(request)
		if err != nil {
			return err
		}
		received := time.Now()
		client := source.(*net.UDPAddr).IP.String()
		now := given
		for _, line := range words(*modes) {
			for _, word := range line {
				if err := now.set(word); err != nil {
					log.Printf("%s: %v", *modes, err)
				}
			}
		}
		answer := now.answer(request[:n], received, asked[client])
		asked[client]++
		logAccess("remote=%s mode=%q answered=%t", source, now, answer != nil)
		if answer != nil {
			socket.WriteTo(answer, source)
		}
	}
}

type timeModes struct {
	offset                   time.Duration
	stratum, leap, kissAfter int
	kiss, lie                string
	silent                   bool
}

func (m *timeModes) set(word string) (err error) {
	name, value, _ := strings.Cut(word, "=")
	switch name {
	case "offset":
		m.offset, err = time.ParseDuration(value)
	case "stratum":
		m.stratum, err = strconv.Atoi(value)
	case "leap":
		m.leap, err = strconv.Atoi(value)
	case "kod":
		m.kiss = value
	case "kod-after":
		m.kissAfter, err = strconv.Atoi(value)
	case "lie":
		m.lie = value
	case "silent":
		m.silent = true
	default:
		log.Printf("unknown mode %q", word)
	}
	return err
}

func (m timeModes) String() string {
	return strings.TrimSpace(strings.Join([]string{m.offset.String(), m.kiss, m.lie}, " "))
}

// answer is nil where nothing is said: to what is no client's request, and when told to be silent.
func (m timeModes) answer(request []byte, received time.Time, before int) []byte {
	if m.silent || len(request) < 48 || request[0]&7 != 3 {
		return nil
	}
	answer := make([]byte, 48)
	answer[0] = byte(m.leap)<<6 | 4<<3 | 4
	answer[1], answer[2], answer[3] = byte(m.stratum), 6, 0xe9
	binary.BigEndian.PutUint32(answer[4:], 66)  // root delay: 1 ms
	binary.BigEndian.PutUint32(answer[8:], 131) // root dispersion: 2 ms
	copy(answer[12:16], []byte{192, 0, 2, 7})   // who it has the time from
	copy(answer[24:32], request[40:48])         // the client's number
	binary.BigEndian.PutUint64(answer[16:], ntpTime(received.Add(m.offset-time.Minute)))
	binary.BigEndian.PutUint64(answer[32:], ntpTime(received.Add(m.offset)))
	binary.BigEndian.PutUint64(answer[40:], ntpTime(time.Now().Add(m.offset)))
	if m.kiss != "" && before >= m.kissAfter {
		answer[0], answer[1] = 3<<6|4<<3|4, 0
		copy(answer[12:16], m.kiss)
		return answer
	}
	switch m.lie {
	case "origin":
		answer[24] ^= 0xff
	case "version":
		answer[0] = answer[0]&^(7<<3) | 1<<3
	case "length":
		answer = answer[:47]
	case "times":
		binary.BigEndian.PutUint64(answer[40:], ntpTime(time.Now().Add(m.offset+time.Hour)))
	}
	return answer
}

// ntpTime is a time in NTP's 64 bits: seconds since 1900, and their fraction.
func ntpTime(at time.Time) uint64 {
	const unixEpoch = 2208988800
	return uint64(at.Unix()+unixEpoch)<<32 | uint64(at.Nanosecond())<<32/1e9
}

// askTime prints a server's leap indicator, stratum, reference, how many seconds it is ahead, and whether it answered
// what it was asked.
func askTime(address string) error {
	server, err := net.DialTimeout("udp", net.JoinHostPort(address, "123"), 2*time.Second)
	if err != nil {
		return err
	}
	defer server.Close()
	server.SetDeadline(time.Now().Add(2 * time.Second))
	request := make([]byte, 48)
	request[0] = 4<<3 | 3
	number := uint64(time.Now().UnixNano())
	binary.BigEndian.PutUint64(request[40:], number)
	if _, err := server.Write(request); err != nil {
		return err
	}
	answer := make([]byte, 1024)
	n, err := server.Read(answer)
	if err != nil {
		return err
	}
	if n < 48 {
		return fmt.Errorf("%d bytes are no answer", n)
	}
	ahead := int64(binary.BigEndian.Uint64(answer[40:])-ntpTime(time.Now())) >> 16
	fmt.Printf("leap=%d stratum=%d reference=%q ahead=%.1f answers=%t\n", answer[0]>>6, answer[1], answer[12:16],
		float64(ahead)/(1<<16), binary.BigEndian.Uint64(answer[24:]) == number)
	return nil
}
