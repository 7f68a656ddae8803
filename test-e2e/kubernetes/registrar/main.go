// Tells kubelet of a CSI driver on its node, as the sidecar csi-node-driver-registrar does, which is not published as a module: by
// the same flags, on the same socket, by the same calls of kubelet's API for plugins. One that kubelet does not take ends.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pluginregistration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// Where a container sees kubelet's folder plugins_registry.
const folder = "/registration/"

type registration struct {
	pluginregistration.UnimplementedRegistrationServer
	name, endpoint string
}

func (r registration) GetInfo(context.Context, *pluginregistration.InfoRequest) (*pluginregistration.PluginInfo, error) {
	return &pluginregistration.PluginInfo{
		Type:              pluginregistration.CSIPlugin,
		Name:              r.name,
		Endpoint:          r.endpoint,
		SupportedVersions: []string{"1.0.0"},
	}, nil
}

func (r registration) NotifyRegistrationStatus(
	_ context.Context, status *pluginregistration.RegistrationStatus,
) (*pluginregistration.RegistrationStatusResponse, error) {
	if !status.PluginRegistered {
		log.Fatalf("kubelet does not take %s: %s", r.name, status.Error)
	}
	log.Printf("kubelet has %s", r.name)
	return &pluginregistration.RegistrationStatusResponse{}, nil
}

// The driver's name, by itself, as soon as it answers.
func driver(socket string) string {
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	info, err := csi.NewIdentityClient(connection).
		GetPluginInfo(context.Background(), &csi.GetPluginInfoRequest{}, grpc.WaitForReady(true))
	if err != nil {
		log.Fatal(err)
	}
	return info.Name
}

func main() {
	socket := flag.String("csi-address", "/run/csi/socket", "the driver's socket, as the container sees it")
	endpoint := flag.String("kubelet-registration-path", "", "the same, as kubelet sees it")
	flag.Int("v", 0, "taken, as the sidecar's; there is not more to tell")
	flag.Parse()

	name := driver(*socket)
	own := folder + name + "-reg.sock"
	_ = os.Remove(own) // one that was killed has left it
	listener, err := net.Listen("unix", own)
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	pluginregistration.RegisterRegistrationServer(server, registration{name: name, endpoint: *endpoint})

	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	go func() {
		<-ended
		server.Stop() // removes the socket, by which kubelet sees that the driver has gone
	}()
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}
