package manifest

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// seen remembers what was made of things that come again: streams have the same
// document many times, and workloads that are alike.
type seen[T any] struct {
	mu   sync.Mutex
	made map[identity]T
}

// identity is the digest of all that something is made of.
type identity [sha256.Size]byte

// mostSeen is how much is remembered. Then it begins anew.
const mostSeen = 64

func (s *seen[T]) get(of identity) (made T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made, ok = s.made[of]
	return made, ok
}

func (s *seen[T]) put(of identity, made T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.made) >= mostSeen || s.made == nil {
		s.made = make(map[identity]T, mostSeen)
	}
	s.made[of] = made
}

// identityOf tells texts from all others, also from those that are the same joined.
func identityOf(parts ...[]byte) identity {
	h := sha256.New()
	var length [8]byte
	for _, part := range parts {
		binary.LittleEndian.PutUint64(length[:], uint64(len(part)))
		_, _ = h.Write(length[:])
		_, _ = h.Write(part)
	}
	return identity(h.Sum(nil))
}

// identityOfPatch is of a patch and the workload that it is for, wherever that stands.
func identityOfPatch(w Workload, patch tree.Patch) identity {
	parts := make([][]byte, 0, 5+3*len(patch))
	parts = append(parts, w.Pod)
	for _, name := range []string{w.APIVersion, w.Kind, w.Namespace, w.Name} {
		parts = append(parts, []byte(name))
	}
	for _, label := range w.Selected {
		parts = append(parts, []byte(label))
	}
	for _, op := range patch {
		parts = append(parts, []byte(op.Operation), []byte(op.Path), tree.TextOf(op))
	}
	return identityOf(parts...)
}
