package validation

// kind is what a container is in its pod.
type kind int

const (
	ordinary kind = iota
	initial
	sidecar
)

// containerFields draws each field of a container.
var containerFields = map[string]func(d drawer, volumes []any, k kind) any{
	"args":       func(d drawer, _ []any, _ kind) any { return d.of("args", []any{}, []any{"a", "$(B)"}, nil) },
	"command":    func(d drawer, _ []any, _ kind) any { return d.of("command", []any{"sh", "-c", "x"}, nil) },
	"workingDir": func(drawer, []any, kind) any { return "/tmp" },
	"env":        func(d drawer, _ []any, _ kind) any { return d.env() },
	"envFrom": func(d drawer, _ []any, _ kind) any {
		return []any{d.of("envFrom", object{"configMapRef": object{"name": "c"}}, object{"prefix": "A_", "secretRef": object{"name": "s", "optional": true}})}
	},
	"image": func(d drawer, _ []any, _ kind) any {
		return d.of("image", "app:1", "registry.example.com:5000/a/b@sha256:0", "auto")
	},
	"imagePullPolicy": func(d drawer, _ []any, _ kind) any {
		return d.of("pull", "Always", "Never", "IfNotPresent")
	},
	"lifecycle": func(d drawer, _ []any, k kind) any {
		if k == initial {
			return nil
		}
		return object{d.of("hook", "preStop", "postStart").(string): d.handler(true)}
	},
	"livenessProbe":  func(d drawer, _ []any, k kind) any { return d.probe(k, 1) },
	"startupProbe":   func(d drawer, _ []any, k kind) any { return d.probe(k, 1) },
	"readinessProbe": func(d drawer, _ []any, k kind) any { return d.probe(k, 3) },
	"name":           func(drawer, []any, kind) any { return "unused" },
	"ports": func(d drawer, _ []any, _ kind) any {
		return d.of("ports",
			[]any{object{"containerPort": 80, "name": "http"}},
			[]any{object{"containerPort": 53, "protocol": "UDP", "name": "dns-of-15-chars"}, object{"containerPort": 53, "protocol": "TCP"}},
			[]any{object{"containerPort": 15090, "name": "http-envoy-prom"}},
			[]any{object{"containerPort": 9090, "name": "http-envoy-prom"}},
			[]any{object{"containerPort": 15021, "hostPort": 15021}})
	},
	"resizePolicy": func(d drawer, _ []any, k kind) any {
		restart := "NotRequired"
		if k != initial {
			restart = d.of("resize", "NotRequired", "RestartContainer").(string)
		}
		return []any{object{"resourceName": "cpu", "restartPolicy": restart}}
	},
	"resources": func(d drawer, _ []any, _ kind) any {
		return d.of("resources",
			object{}, object{"requests": object{"cpu": "10m"}}, object{"limits": object{"cpu": "50m", "memory": "64Mi"}},
			object{"requests": object{"cpu": "3"}}, object{"limits": object{"memory": "100Mi"}, "requests": object{"memory": "100Mi", "ephemeral-storage": "1Gi"}},
			object{"limits": object{"example.com/gpu": 1}}, object{"requests": object{"cpu": 1, "hugepages-2Mi": "4Mi"}, "limits": object{"hugepages-2Mi": "4Mi"}},
			object{"limits": object{"cpu": 0}})
	},
	"restartPolicy": func(d drawer, _ []any, k kind) any {
		if k == ordinary {
			return d.of("restartPolicy", nil, "Always", "Never")
		}
		return nil
	},
	"restartPolicyRules": func(d drawer, _ []any, k kind) any {
		if k != ordinary {
			return nil
		}
		return []any{object{"action": "Restart", "exitCodes": object{"operator": "In", "values": []any{42}}}}
	},
	"securityContext": func(d drawer, _ []any, _ kind) any { return d.securityContext() },
	"stdin":           func(drawer, []any, kind) any { return true },
	"stdinOnce":       func(drawer, []any, kind) any { return true },
	"tty":             func(drawer, []any, kind) any { return true },
	"terminationMessagePath": func(drawer, []any, kind) any {
		return "/dev/other"
	},
	"terminationMessagePolicy": func(d drawer, _ []any, _ kind) any {
		return d.of("message", "File", "FallbackToLogsOnError")
	},
	"volumeDevices": func(d drawer, volumes []any, _ kind) any {
		for _, v := range volumes {
			if v.(object)["persistentVolumeClaim"] != nil {
				return []any{object{"name": v.(object)["name"], "devicePath": d.of("device", "/dev/x", "/var/lib/istio/data")}}
			}
		}
		return nil
	},
	"volumeMounts": func(d drawer, volumes []any, _ kind) any {
		var mounts []any
		meshPaths := []any{"/etc/istio/proxy", "/var/run/secrets/tokens", "/etc/istio/pod"}
		for i, v := range volumes {
			path := "/" + v.(object)["name"].(string)
			if i < len(meshPaths) {
				path = d.of("mount", path, meshPaths[i]).(string)
			}
			mount := object{"name": v.(object)["name"], "mountPath": path}
			d.maybe(4, mount, "subPath", func() any { return "a/b" })
			d.maybe(4, mount, "readOnly", func() any { return true })
			d.maybe(6, mount, "mountPropagation", func() any { return "HostToContainer" })
			mounts = append(mounts, mount)
		}
		if len(volumes) > 0 && d.oneIn(4, "subPathExpr") {
			mounts = append(mounts, object{"name": volumes[0].(object)["name"], "mountPath": "/expr", "subPathExpr": "$(A)"})
		}
		return mounts
	},
}

func (d drawer) container(name string, volumes []any, k kind) object {
	c := object{"image": "app:1"}
	often := 6
	if name == "istio-proxy" {
		often = 3
	}
	for _, field := range sorted(containerFields) {
		if d.oneIn(often, name+" "+field) {
			if v := containerFields[field](d, volumes, k); v != nil {
				c[field] = v
			}
		}
	}
	c["name"] = name
	if c["volumeDevices"] != nil {
		delete(c, "volumeMounts")
	}
	if c["restartPolicyRules"] != nil && c["restartPolicy"] == nil {
		c["restartPolicy"] = "Never"
	}
	if k == sidecar {
		c["restartPolicy"] = "Always"
	}
	return c
}

func (d drawer) env() any {
	var env []any
	for _, name := range []string{"A", "GOMAXPROCS", "POD_NAME", "PROXY_CONFIG", "ISTIO_META_CLUSTER_ID", "ISTIO_KUBE_APP_PROBERS", "a.b-c", "spaces are fine"} {
		if !d.oneIn(3, "env "+name) {
			continue
		}
		v := d.of("variable",
			object{"value": "1"}, object{}, object{"value": "{}"},
			object{"valueFrom": object{"fieldRef": object{"fieldPath": "metadata.labels['app']"}}},
			object{"valueFrom": object{"resourceFieldRef": object{"resource": "limits.cpu"}}},
			object{"valueFrom": object{"secretKeyRef": object{"name": "s", "key": "k"}}},
			object{"valueFrom": object{"configMapKeyRef": object{"name": "c", "key": "k", "optional": true}}}).(object)
		variable := object{"name": name}
		for key, value := range v {
			variable[key] = value
		}
		env = append(env, variable)
	}
	return env
}

// handlers draws each kind of a probe or hook.
var handlers = map[string]func(d drawer) any{
	"exec":      func(drawer) any { return object{"command": []any{"true"}} },
	"grpc":      func(d drawer) any { return object{"port": d.of("grpc port", 90, 15020), "service": "s"} },
	"sleep":     func(drawer) any { return object{"seconds": 1} },
	"tcpSocket": func(d drawer) any { return object{"port": d.port()} },
	"httpGet": func(d drawer) any {
		get := object{"port": d.port()}
		d.maybe(2, get, "path", func() any { return d.of("path", "/", "") })
		d.maybe(3, get, "scheme", func() any { return d.of("scheme", "HTTP", "HTTPS") })
		d.maybe(3, get, "httpHeaders", func() any { return []any{object{"name": "Host", "value": "a"}} })
		d.maybe(4, get, "host", func() any { return "10.0.0.1" })
		return get
	},
}

func (d drawer) port() any { return d.of("port", 80, "http", "unknown-port", 15020, 65535) }

func (d drawer) handler(hook bool) object {
	kinds := []any{"exec", "tcpSocket", "httpGet", "grpc"}
	if hook {
		kinds[3] = "sleep"
	}
	k := d.of("handler", kinds...).(string)
	return object{k: handlers[k](d)}
}

func (d drawer) probe(k kind, mostSuccesses int) any {
	if k == initial {
		return nil
	}
	p := d.handler(false)
	d.maybe(3, p, "timeoutSeconds", func() any { return d.of("timeout", 0, 5) })
	d.maybe(3, p, "periodSeconds", func() any { return 7 })
	d.maybe(3, p, "initialDelaySeconds", func() any { return 7 })
	d.maybe(3, p, "failureThreshold", func() any { return 7 })
	d.maybe(3, p, "successThreshold", func() any { return mostSuccesses })
	if mostSuccesses == 1 {
		d.maybe(4, p, "terminationGracePeriodSeconds", func() any { return 7 })
	}
	return p
}

func (d drawer) securityContext() any {
	s := object{}
	d.maybe(3, s, "runAsUser", func() any { return d.of("user", 0, 1000, 1337, 2147483647) })
	d.maybe(3, s, "runAsGroup", func() any { return d.of("group", 0, 1000, 2147483647) })
	d.maybe(4, s, "runAsNonRoot", func() any { return d.of("non-root", true, false) })
	d.maybe(4, s, "privileged", func() any { return d.of("privileged", true, false) })
	if s["privileged"] != true {
		d.maybe(4, s, "allowPrivilegeEscalation", func() any { return d.of("escalation", true, false) })
	}
	d.maybe(4, s, "capabilities", func() any {
		added := []any{"NET_ADMIN", "CAP_SYS_ADMIN"}
		if s["allowPrivilegeEscalation"] == false {
			added = added[:1]
		}
		return object{"add": added, "drop": []any{"ALL"}}
	})
	d.maybe(4, s, "readOnlyRootFilesystem", func() any { return true })
	d.maybe(4, s, "seccompProfile", func() any {
		return d.of("seccomp", object{"type": "RuntimeDefault"}, object{"type": "Localhost", "localhostProfile": "a/b.json"}, object{"type": "Unconfined"})
	})
	d.maybe(4, s, "appArmorProfile", func() any {
		return d.of("apparmor", object{"type": "RuntimeDefault"}, object{"type": "Localhost", "localhostProfile": "a"})
	})
	d.maybe(6, s, "seLinuxOptions", func() any { return object{"level": "s0"} })
	d.maybe(6, s, "procMount", func() any { return "Default" })
	return s
}
