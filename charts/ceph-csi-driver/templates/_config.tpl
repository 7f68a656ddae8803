{{/*
A ConfigMap that the charts of both drivers have by the same name: list ROOT NAME DATA. Whichever release is installed first owns it.
The other one uses it as it is, and is refused where it wants something else in it. It stays when its owner goes.
*/}}
{{- define "ceph-csi.sharedConfigMap" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $data := index . 2 -}}
{{- $there := lookup "v1" "ConfigMap" $root.Release.Namespace $name -}}
{{- $owner := dig "metadata" "annotations" "meta.helm.sh/release-name" "" $there -}}
{{- if and $there (ne $owner $root.Release.Name) -}}
{{- range $key, $value := $data -}}
{{- $wanted := include "ceph-csi.normalText" (list $key $value) -}}
{{- $is := include "ceph-csi.normalText" (list $key (dig "data" $key "" $there)) -}}
{{- if and (not (has $wanted (list "" "[]" "{}"))) (ne $wanted $is) -}}
{{- fail (printf "ConfigMap %s belongs to %s, and its %s is not what this release wants: make both the same, or give it to this release by: kubectl -n %s annotate --overwrite configmap %s meta.helm.sh/release-name=%s" $name (ternary "no release" (printf "release %s" $owner) (eq $owner "")) $key $root.Release.Namespace $name $root.Release.Name) -}}
{{- end -}}
{{- end -}}
{{- else }}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "ceph-csi.metadata" (list $root $name) | nindent 2 }}
  annotations:
    helm.sh/resource-policy: keep
data:
  {{- range $key, $value := $data }}
  {{- if contains "\n" $value }}
  {{ $key }}: |
    {{- trim $value | nindent 4 }}
  {{- else }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The same for texts that say the same: list KEY TEXT */}}
{{- define "ceph-csi.normalText" -}}
{{- $text := index . 1 | trim -}}
{{- if and $text (hasSuffix ".json" (index . 0)) }}{{ mustFromJson $text | toJson }}{{ else }}{{ $text }}{{ end -}}
{{- end -}}

{{- define "ceph-csi.configMaps" -}}
{{- if not .Values.externallyManagedConfigmap }}
{{- $data := dict "config.json" (toPrettyJson .Values.csiConfig) }}
{{- if hasKey .Values "csiMapping" }}
{{- $_ := set $data "cluster-mapping.json" (toPrettyJson .Values.csiMapping) }}
{{- end }}
{{- include "ceph-csi.sharedConfigMap" (list . .Values.configMapName $data) }}
{{- end }}
---
{{- if not .Values.externallyManagedCephConf }}
{{- include "ceph-csi.sharedConfigMap" (list . .Values.cephConfConfigMapName (dict "ceph.conf" (tpl .Values.cephconf .) "keyring" "")) }}
{{- end }}
---
{{- include "ceph-csi.sharedConfigMap" (list . .Values.kmsConfigMapName (dict "config.json" (toPrettyJson .Values.encryptionKMSConfig))) }}
{{- end -}}

{{- define "ceph-csi.csidriver" -}}
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata:
  {{- include "ceph-csi.clusterMetadata" (list . .Values.driverName) | nindent 2 }}
spec:
  attachRequired: {{ eq (include "ceph-csi.driver" .) "rbd" }}
  podInfoOnMount: false
  fsGroupPolicy: {{ .Values.CSIDriver.fsGroupPolicy }}
  seLinuxMount: {{ .Values.CSIDriver.seLinuxMount }}
{{- end -}}

{{- define "ceph-csi.extraDeploy" -}}
{{- range .Values.extraDeploy }}
---
{{ tpl (ternary . (toYaml .) (kindIs "string" .)) $ }}
{{- end }}
{{- end -}}
