// Command mlsclient serves the interoperability protocol of the MLS working group
// for our implementation.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc"

	"parley/interop/mlsclient"
	"parley/mls/suites"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:50001", "host:port to serve at")
	name := flag.String("name", "parley", "name to tell the runner")
	all := flag.Bool("pq", false, "offer the post-quantum suites too, under private numbers")
	flag.Parse()
	if err := serve(*listen, *name, *all); err != nil {
		fmt.Fprintln(os.Stderr, "mlsclient:", err)
		os.Exit(1)
	}
}

func serve(listen, name string, all bool) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Println("serving at", l.Addr())
	offered := suites.All()
	if !all {
		offered = offered[:7] // those of RFC 9420
	}
	server := grpc.NewServer(mlsclient.ServerCodec())
	mlsclient.New(name, offered).Register(server)
	return server.Serve(l)
}
