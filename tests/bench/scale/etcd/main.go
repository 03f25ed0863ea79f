// etcd, of a version that tells of its progress: Debian's 3.4 does not, and then the API server ends kwok's watches.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
