{{- define "ceph-csi.daemonset" -}}
{{- $driver := include "ceph-csi.driver" . }}
{{- with .Values.nodeplugin }}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  {{- include "ceph-csi.metadata" (list $ (include "ceph-csi.nodeplugin" $) .) | nindent 2 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "ceph-csi.selector" (list $ .) | nindent 6 }}
  updateStrategy:
    type: {{ .updateStrategy }}
  template:
    metadata:
      labels:
        {{- include "ceph-csi.componentLabels" (list $ .) | nindent 8 }}
      {{- with .podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- with .podSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      serviceAccountName: {{ include "ceph-csi.nodepluginAccount" $ }}
      {{- with .priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      # Ceph's kernel clients keep the network that they were started in, which must outlive the pod.
      hostNetwork: true
      hostPID: true
      dnsPolicy: ClusterFirstWithHostNet
      containers:
        - name: driver-registrar
          {{- include "ceph-csi.image" (list $ .registrar.image) | nindent 10 }}
          securityContext:
            {{- include "ceph-csi.nodeSidecarSecurity" $ | nindent 12 }}
          args:
            - --v={{ $.Values.sidecarLogLevel }}
            - --csi-address=/csi/{{ $.Values.pluginSocketFile }}
            - --kubelet-registration-path={{ $.Values.kubeletDir }}/plugins/{{ $.Values.driverName }}/{{ $.Values.pluginSocketFile }}
          env:
            {{- include "ceph-csi.fieldEnv" (list "KUBE_NODE_NAME" "spec.nodeName") | nindent 12 }}
          volumeMounts:
            - name: socket-dir
              mountPath: /csi
            - name: registration-dir
              mountPath: /registration
          {{- with .registrar.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
        - name: csi-{{ $driver }}plugin
          {{- include "ceph-csi.image" (list $ .plugin.image) | nindent 10 }}
          securityContext:
            privileged: true
            allowPrivilegeEscalation: true
            capabilities:
              add: [SYS_ADMIN]
          args:
            - --nodeserver=true
            {{- include "ceph-csi.driverArgs" (list $ . $.Values.driverMetrics.nodePort) | nindent 12 }}
            {{- include (printf "ceph-csi.nodeArgs.%s" $driver) $ | nindent 12 }}
            - --enable-read-affinity={{ ($.Values.readAffinity).enabled | default false }}
            {{- with ($.Values.readAffinity).crushLocationLabels }}
            - --crush-location-labels={{ join "," . }}
            {{- end }}
          env:
            {{- include "ceph-csi.driverEnv" (list $ $.Values.pluginSocketFile) | nindent 12 }}
          {{- include "ceph-csi.driverPort" (list $ $.Values.driverMetrics.nodePort) | nindent 10 }}
          {{- include "ceph-csi.driverProbes" (list $ .) | nindent 10 }}
          volumeMounts:
            - name: socket-dir
              mountPath: /csi
            - name: plugin-dir
              mountPath: {{ $.Values.kubeletDir }}/plugins
              mountPropagation: Bidirectional
            - name: pods-mount-dir
              mountPath: {{ $.Values.kubeletDir }}/pods
              mountPropagation: Bidirectional
            - name: host-dev
              mountPath: /dev
            - name: host-mount
              mountPath: /run/mount
            - name: host-sys
              mountPath: /sys
            {{- if $.Values.selinuxMount }}
            - name: etc-selinux
              mountPath: /etc/selinux
              readOnly: true
            {{- end }}
            - name: lib-modules
              mountPath: /lib/modules
              readOnly: true
            {{- if eq $driver "rbd" }}
            - name: ceph-logdir
              mountPath: /var/log/ceph
            {{- else }}
            - name: ceph-csi-mountinfo
              mountPath: /csi/mountinfo
            {{- end }}
            {{- include "ceph-csi.configMounts" $ | nindent 12 }}
          {{- with .plugin.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
        {{- include "ceph-csi.livenessContainer" (list $ . $.Values.pluginSocketFile (include "ceph-csi.nodeSidecarSecurity" $)) | nindent 8 }}
      volumes:
        - name: socket-dir
          hostPath:
            path: {{ $.Values.kubeletDir }}/plugins/{{ $.Values.driverName }}
            type: DirectoryOrCreate
        - name: registration-dir
          hostPath:
            path: {{ $.Values.kubeletDir }}/plugins_registry
            type: Directory
        - name: plugin-dir
          hostPath:
            path: {{ $.Values.kubeletDir }}/plugins
            type: Directory
        - name: pods-mount-dir
          hostPath:
            path: {{ $.Values.kubeletDir }}/pods
            type: DirectoryOrCreate
        - name: host-dev
          hostPath:
            path: /dev
        - name: host-mount
          hostPath:
            path: /run/mount
        - name: host-sys
          hostPath:
            path: /sys
        {{- if $.Values.selinuxMount }}
        - name: etc-selinux
          hostPath:
            path: /etc/selinux
        {{- end }}
        - name: lib-modules
          hostPath:
            path: /lib/modules
        {{- if eq $driver "rbd" }}
        - name: ceph-logdir
          hostPath:
            path: {{ $.Values.cephLogDirHostPath }}
            type: DirectoryOrCreate
        {{- else }}
        - name: ceph-csi-mountinfo
          hostPath:
            path: {{ $.Values.kubeletDir }}/plugins/{{ $.Values.driverName }}/mountinfo
            type: DirectoryOrCreate
        {{- end }}
        {{- include "ceph-csi.configVolumes" $ | nindent 8 }}
      {{- with .affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- include "ceph-csi.placement" . | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.nodeArgs.rbd" -}}
- --pluginpath={{ .Values.kubeletDir }}/plugins
- --stagingpath={{ .Values.kubeletDir }}/plugins/kubernetes.io/csi/
{{- /* On the node, where the next container finds what the userspace mapper serves; not in the socket's folder, which is mounted
       elsewhere too, with all that is mounted in it. */}}
- --state-dir={{ .Values.kubeletDir }}/plugins/{{ .Values.driverName }}.state
{{- with (.Values.topology).domainLabels }}
- --domainlabels={{ join "," . }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.nodeArgs.cephfs" -}}
{{- with .Values.nodeplugin }}
{{- if .forcecephkernelclient }}
- --forcecephkernelclient=true
{{- end }}
- --kernelmountoptions={{ .kernelmountoptions }}
- --fusemountoptions={{ .fusemountoptions }}
{{- end }}
{{- end -}}

{{/*
The containers beside the driver need its socket and nothing else. Root, since the folder of the socket is the host's; with SELinux
only a container of this type may talk to the driver's, which is privileged. Without SELinux the type means nothing.
*/}}
{{- define "ceph-csi.nodeSidecarSecurity" -}}
runAsNonRoot: false
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
seLinuxOptions:
  type: spc_t
{{- end -}}
