# What tells and asks steadily, in the cluster that is tested.
FROM scratch
COPY load /usr/bin/load
USER 65532:65532
ENTRYPOINT ["/usr/bin/load"]
