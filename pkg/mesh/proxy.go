package mesh

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	meshconfig "istio.io/api/mesh/v1alpha1"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Proxy is a pod's ProxyConfig, or the mesh's own. Nothing changes it.
type Proxy struct {
	of     *Defaults
	config *meshconfig.ProxyConfig
	// dropped and lightstep are what today's message does not have.
	dropped   DroppedProxy
	lightstep DroppedLightstep
	data      proto.Message
	json      func() (string, error)
}

// made is a Proxy ready for use.
func made(p Proxy) *Proxy {
	p.json = sync.OnceValues(p.ownJSON)
	p.data = p.seen()
	return &p
}

// with lays the fields of a ProxyConfig over this one; proxyMetadata merges key by
// key.
func (p *Proxy) with(over *tree.Value, pass func(path string, of protoreflect.MessageDescriptor)) (*Proxy, error) {
	laid := *p
	laid.config = proto.CloneOf(p.config)
	err := errors.Join(
		reader{pass}.set(laid.config.ProtoReflect(), over, ""),
		setDropped(&laid.dropped, over),
		named("tracing.lightstep", setDropped(&laid.lightstep, over.Get("tracing", "lightstep"))))
	if err != nil {
		return nil, err
	}
	laid.config.ProxyMetadata = united(p.config.ProxyMetadata, laid.config.ProxyMetadata)
	return made(laid), checkProxy(laid.config, p.of)
}

// united is one map laid over another, nil where both are empty.
func united(base, over map[string]string) map[string]string {
	if len(base)+len(over) == 0 {
		return nil
	}
	if len(base) == 0 {
		return over
	}
	all := make(map[string]string, len(base)+len(over))
	maps.Copy(all, base)
	maps.Copy(all, over)
	return all
}

// Data is what templates see as .ProxyConfig.
func (p *Proxy) Data() proto.Message { return p.data }

// StatusPort is where the proxy's agent answers for probes and metrics, 0 where the
// configuration does not say it.
func (p *Proxy) StatusPort() int32 { return p.config.GetStatusPort() }

// HoldApplicationUntilProxyStarts says whether the application waits for the proxy.
func (p *Proxy) HoldApplicationUntilProxyStarts() bool {
	return p.config.GetHoldApplicationUntilProxyStarts().GetValue()
}

// InterceptionMode is REDIRECT, TPROXY or NONE.
func (p *Proxy) InterceptionMode() string { return p.config.GetInterceptionMode().String() }

// ImageType is the variant of the proxy's image, empty for none in particular.
func (p *Proxy) ImageType() string { return p.config.GetImage().GetImageType() }

// Concurrency is how many threads the proxy has, 0 where the number of processors
// says it.
func (p *Proxy) Concurrency() int32 { return p.config.GetConcurrency().GetValue() }

// JSON is the ProxyConfig without the fields that are as by default.
func (p *Proxy) JSON() (string, error) { return p.json() }

func (p *Proxy) ownJSON() (string, error) {
	// A shallow copy, which is read and no more: of large maps one is enough.
	own, usual := &meshconfig.ProxyConfig{}, p.of.proxy.ProtoReflect()
	p.config.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if !usual.Has(field) || !sayTheSame(field, value, usual.Get(field)) {
			own.ProtoReflect().Set(field, value)
		}
		return true
	})
	variables := own.ProxyMetadata
	if len(variables) > 0 {
		own.ProxyMetadata = map[string]string{"": ""} // holds the place
	}
	v, err := toTree(own)
	if err != nil {
		return "", err
	}
	if len(variables) > 0 {
		v = v.With("proxyMetadata", textsByKey(variables))
	}
	for _, d := range []struct {
		name       string
		own, usual *durationpb.Duration
	}{
		{"connectTimeout", p.dropped.ConnectTimeout, p.of.droppedOfProxy.ConnectTimeout},
		{"parentShutdownDuration", p.dropped.ParentShutdownDuration, p.of.droppedOfProxy.ParentShutdownDuration},
	} {
		if proto.Equal(d.own, d.usual) {
			continue
		}
		text, err := toTree(d.own)
		if err != nil {
			return "", err
		}
		v = v.With(d.name, text)
	}
	return string(v.JSON()), nil
}

// textsByKey is a map as JSON, as the encoder of protocol buffers writes it, which takes
// many times the memory.
func textsByKey(m map[string]string) *tree.Value {
	members := make([]tree.Member, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		members = append(members, tree.Member{Key: key, Value: tree.NewString(m[key])})
	}
	return tree.NewObject(members...)
}

// sayTheSame says whether a field has its usual value; messages in it that are there
// but empty say nothing.
func sayTheSame(field protoreflect.FieldDescriptor, own, usual protoreflect.Value) bool {
	if own.Equal(usual) {
		return true
	}
	if field.Message() == nil || field.IsList() || field.IsMap() {
		return false
	}
	said := proto.Clone(own.Message().Interface()).ProtoReflect()
	said.Range(func(inner protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if inner.Message() != nil && !inner.IsList() && !inner.IsMap() && proto.Size(value.Message().Interface()) == 0 {
			said.Clear(inner)
		}
		return true
	})
	return proto.Equal(said.Interface(), usual.Message().Interface())
}

// toTree is a message as JSON. The encoder of protocol buffers varies its white
// space on purpose; the same pod has to give the same patch.
func toTree(m proto.Message) (*tree.Value, error) {
	text, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	return tree.Parse(text)
}

// JSON is a message that templates see as JSON; a ProxyConfig sheds the fields that
// are as by default.
func JSON(m proto.Message) (string, error) {
	switch m := m.(type) {
	case *ProxyConfig:
		return m.proxy.JSON()
	case *PlainProxyConfig:
		return m.proxy.JSON()
	case nil:
		return "null", nil
	default:
		v, err := toTree(m)
		return string(v.JSON()), err
	}
}
