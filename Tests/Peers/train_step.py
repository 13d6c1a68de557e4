#!/usr/bin/env python3
"""Times a step of training in weft and in PyTorch, alternating process by process.

    python3 Tests/Peers/train_step.py --weft .build/release/weft [--pairs 5]

Needs torch 2.13.0 (CPU), diffusers 0.42.1. The network is the small gen1 (`weft model create
small`): diffusers' image UNet with the temporal layers of Goldens/make_unet_vae.py behind its
layers. A step is forward, the squared error, back, and AdamW over all parameters, in float32 with
the same number of threads; weights and inputs are random. Each pair is one process of weft and one
of PyTorch, one warm-up and then --repetitions timed steps in each; the table gives the median over
pairs of the ratio within a pair. The peak is that of the process; "beyond" leaves out what the
process held before it made a network: PyTorch's own libraries.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

# Clips, frames, and the edge of the latents.
STEPS = ["1x8x16", "2x8x16"]


def resident():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def reference(name, config, threads, repetitions):
    """The body of a reference process: prints one line of JSON."""
    import torch

    goldens = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../ModelsTests/Goldens")
    sys.path.insert(0, goldens)
    from make_unet_vae import gen1_model, gen1_stack

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    start = resident()
    clips, frames, edge = map(int, name.split("x"))
    # weft adds the input channels and the extent of the temporal kernels where a config is silent.
    latent = config.get("out_channels", 4)
    config = {"in_channels": 2 * latent + 4, "temporal_kernel_size": 3} | config
    model, _ = gen1_model(config, frames)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
    sample, structure, target = (torch.randn(clips, latent, frames, edge, edge) for _ in range(3))
    content = torch.randn(clips, config["cross_attention_dim"])
    steps = torch.full((clips * frames,), 500.0)

    def step():
        optimizer.zero_grad(set_to_none=True)
        inputs = gen1_stack(sample, structure, [2.0] * clips)
        context = content[:, None].repeat_interleave(frames, dim=0)
        v = model(inputs, steps, context).sample
        v = v.unflatten(0, (clips, frames)).transpose(1, 2)
        torch.nn.functional.mse_loss(v, target).backward()
        optimizer.step()

    step()
    seconds = []
    for _ in range(repetitions):
        begin = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begin)
    count = sum(parameter.numel() for parameter in model.parameters())
    peak = resident()
    report = {"seconds": statistics.median(seconds), "peak": peak, "beyond": peak - start}
    print(json.dumps(report | {"parameters": count}))


def weft(program, name, threads, repetitions):
    clips, frames, edge = name.split("x")
    text = subprocess.run(
        [program, "benchmark", "train", "--json", "--clips", clips, "--frames", frames,
         "--side", edge, "--threads", str(threads), "--repetitions", str(repetitions)],
        check=True, capture_output=True, text=True,
    ).stdout
    report = json.loads(text)
    peak = report["peak_resident_bytes"]
    return report["config"], {"seconds": report["median_seconds"], "peak": peak, "beyond": peak}


def measure_reference(name, config, threads, repetitions):
    text = subprocess.run(
        [sys.executable, os.path.abspath(__file__), "--reference", name,
         "--config", json.dumps(config), "--threads", str(threads), "--repetitions", str(repetitions)],
        check=True, capture_output=True, text=True,
    ).stdout
    return json.loads(text.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weft", default=".build/release/weft")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--steps", nargs="+", default=STEPS)
    parser.add_argument("--reference", help=argparse.SUPPRESS)
    parser.add_argument("--config", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reference:
        reference(options.reference, options.config, options.threads, options.repetitions)
        return
    print("| step | weft s | PyTorch s | faster | range | weft MiB | PyTorch MiB | beyond MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in options.steps:
        ours, theirs = [], []
        for _ in range(options.pairs):
            config, run = weft(options.weft, name, options.threads, options.repetitions)
            ours.append(run)
            theirs.append(measure_reference(name, config, options.threads, options.repetitions))
        ratios = sorted(t["seconds"] / o["seconds"] for o, t in zip(ours, theirs))

        def median(runs, key):
            return statistics.median(run[key] for run in runs)

        print(
            f"| {name} | {median(ours, 'seconds'):.3f} | {median(theirs, 'seconds'):.3f} "
            f"| {statistics.median(ratios):.2f}x | {ratios[0]:.2f}-{ratios[-1]:.2f} "
            f"| {median(ours, 'peak') / 2**20:.0f} | {median(theirs, 'peak') / 2**20:.0f} "
            f"| {median(theirs, 'beyond') / 2**20:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
