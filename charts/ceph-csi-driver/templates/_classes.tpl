{{/* Refuses the values.yaml's placeholders: list WHAT VALUE */}}
{{- define "ceph-csi.filled" -}}
{{- if or (empty (index . 1)) (hasPrefix "<" (toString (index . 1))) -}}
{{- fail (printf "%s is %q: say which" (index . 0) (toString (index . 1))) -}}
{{- end -}}
{{- end -}}

{{/* The names of a class's Secret: list ROOT CLASS OF-WHAT PARAMETER */}}
{{- define "ceph-csi.classSecret" -}}
{{- $root := index . 0 -}}
{{- $class := index . 1 -}}
{{- $of := index . 2 -}}
csi.storage.k8s.io/{{ index . 3 }}-secret-name: {{ index $class (printf "%sSecret" $of) | quote }}
csi.storage.k8s.io/{{ index . 3 }}-secret-namespace: {{ index $class (printf "%sSecretNamespace" $of) | default $root.Release.Namespace | quote }}
{{- end -}}

{{- define "ceph-csi.annotations" -}}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.storageclass" -}}
{{- $class := .Values.storageClass }}
{{- if $class.create }}
{{- include "ceph-csi.filled" (list "storageClass.clusterID" $class.clusterID) }}
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  {{- include "ceph-csi.clusterMetadata" (list . $class.name) | nindent 2 }}
  {{- include "ceph-csi.annotations" $class | nindent 2 }}
provisioner: {{ .Values.driverName }}
parameters:
  {{- range include (printf "ceph-csi.classParameters.%s" (include "ceph-csi.driver" .)) . | splitList " " }}
  {{- $value := index $class . }}
  {{- if and (ne (toString $value) "") (not (kindIs "invalid" $value)) (ne (toString $value) "[]") }}
  {{ . }}: {{ ternary $value (toJson $value) (kindIs "string" $value) | quote }}
  {{- end }}
  {{- end }}
  {{- include "ceph-csi.classSecret" (list . $class "provisioner" "provisioner") | nindent 2 }}
  {{- include "ceph-csi.classSecret" (list . $class "controllerExpand" "controller-expand") | nindent 2 }}
  {{- include "ceph-csi.classSecret" (list . $class "nodeStage" "node-stage") | nindent 2 }}
  {{- if ((.Values.fencing).enabled) }}
  {{- include "ceph-csi.checkFencedClass" . }}
  {{- include "ceph-csi.classSecret" (list . $class "provisioner" "controller-publish") | nindent 2 }}
  {{- end }}
  {{- with $class.fstype }}
  csi.storage.k8s.io/fstype: {{ . | quote }}
  {{- end }}
reclaimPolicy: {{ $class.reclaimPolicy }}
allowVolumeExpansion: {{ $class.allowVolumeExpansion }}
{{- with $class.volumeBindingMode }}
volumeBindingMode: {{ . }}
{{- end }}
{{- with $class.mountOptions }}
mountOptions:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The parameters of a StorageClass that is there already cannot be changed: looks, where Helm talks to a cluster. */}}
{{- define "ceph-csi.checkFencedClass" -}}
{{- $name := .Values.storageClass.name -}}
{{- with lookup "storage.k8s.io/v1" "StorageClass" "" $name -}}
{{- if not (hasKey (.parameters | default dict) "csi.storage.k8s.io/controller-publish-secret-name") -}}
{{- fail (printf "StorageClass %s is there without the Secret that fencing.enabled wants, and cannot be changed: kubectl delete storageclass %s, volumes do not depend on it, and repeat" $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ceph-csi.classParameters.rbd" -}}
clusterID pool dataPool topologyConstrainedPools mapOptions unmapOptions stripeUnit stripeCount objectSize imageFeatures mounter tryOtherMounters mkfsOptions cephLogDir cephLogStrategy volumeNamePrefix encrypted encryptionKMSID
{{- end -}}

{{- define "ceph-csi.classParameters.cephfs" -}}
clusterID fsName pool fuseMountOptions kernelMountOptions mounter volumeNamePrefix backingSnapshot encrypted encryptionKMSID
{{- end -}}

{{- define "ceph-csi.volumesnapshotclass" -}}
{{- $class := .Values.volumeSnapshotClass }}
{{- if $class.create }}
{{- include "ceph-csi.filled" (list "volumeSnapshotClass.clusterID" ($class.clusterID | default .Values.storageClass.clusterID)) }}
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshotClass
metadata:
  {{- include "ceph-csi.clusterMetadata" (list . $class.name) | nindent 2 }}
  {{- include "ceph-csi.annotations" $class | nindent 2 }}
driver: {{ .Values.driverName }}
parameters:
  clusterID: {{ $class.clusterID | default .Values.storageClass.clusterID | quote }}
  {{- with $class.snapshotNamePrefix }}
  snapshotNamePrefix: {{ . | quote }}
  {{- end }}
  {{- include "ceph-csi.classSecret" (list . $class "snapshotter" "snapshotter") | nindent 2 }}
deletionPolicy: {{ $class.deletionPolicy }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.volumegroupsnapshotclass" -}}
{{- $class := .Values.volumeGroupSnapshotClass }}
{{- if $class.create }}
{{- if not (and .Values.provisioner.snapshotter.enabled (.Values.provisioner.snapshotter.args).enableVolumeGroupSnapshots) }}
{{- fail "volumeGroupSnapshotClass.create wants provisioner.snapshotter.args.enableVolumeGroupSnapshots=true" }}
{{- end }}
{{- include "ceph-csi.filled" (list "volumeGroupSnapshotClass.clusterID" ($class.clusterID | default .Values.storageClass.clusterID)) }}
apiVersion: {{ $class.apiVersion | default (printf "groupsnapshot.storage.k8s.io/%s" (include "ceph-csi.groupApi" .)) }}
kind: VolumeGroupSnapshotClass
metadata:
  {{- include "ceph-csi.clusterMetadata" (list . $class.name) | nindent 2 }}
  {{- include "ceph-csi.annotations" $class | nindent 2 }}
driver: {{ .Values.driverName }}
parameters:
  clusterID: {{ $class.clusterID | default .Values.storageClass.clusterID | quote }}
  {{- if eq (include "ceph-csi.driver" .) "rbd" }}
  pool: {{ $class.pool | default .Values.storageClass.pool | quote }}
  {{- else }}
  fsName: {{ $class.fsName | default .Values.storageClass.fsName | quote }}
  {{- end }}
  {{- with $class.volumeGroupNamePrefix }}
  volumeGroupNamePrefix: {{ . | quote }}
  {{- end }}
  {{- include "ceph-csi.classSecret" (list . $class "groupSnapshotter" "group-snapshotter") | nindent 2 }}
deletionPolicy: {{ $class.deletionPolicy }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.secret" -}}
{{- $secret := .Values.secret }}
{{- if $secret.create }}
{{- /* CephFS takes either pair; users are for volumes that are not made by the driver. */}}
{{- $admin := and (not (empty $secret.adminID)) (not (hasPrefix "<" (toString $secret.adminID))) }}
{{- $user := or (eq (include "ceph-csi.driver" .) "rbd") (and (not $admin) (not (empty $secret.userID))) }}
{{- $pair := ternary "userID userKey" "adminID adminKey" $user }}
{{- range $key := splitList " " $pair }}
{{- include "ceph-csi.filled" (list (printf "secret.%s" $key) (index $secret $key)) }}
{{- end }}
apiVersion: v1
kind: Secret
metadata:
  {{- include "ceph-csi.metadata" (list . $secret.name) | nindent 2 }}
  {{- include "ceph-csi.annotations" $secret | nindent 2 }}
stringData:
  {{- range $key := list "userID" "userKey" "adminID" "adminKey" "encryptionPassphrase" }}
  {{- with index $secret $key }}
  {{- if not (hasPrefix "<" (toString .)) }}
  {{ $key }}: {{ ternary . (toJson .) (kindIs "string" .) | quote }}
  {{- end }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end -}}
