#!/usr/bin/env python3
"""Times networks in weft and in PyTorch with diffusers, alternating process by process.

    python3 Tests/Peers/compare.py --weft .build/release/weft [--pairs 5] [--modes eager]

Needs torch 2.13.0 (CPU), diffusers 0.42.1, transformers 5.23.0. Weights are random in both, shapes
and configurations are the same, float32, the same number of threads. Each pair is one process of
weft and one of PyTorch, one warm-up and then --repetitions timed runs in each; the table gives the
median over pairs of the ratio within a pair, which other load on the machine disturbs least.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

# Our name of the benchmark: the reference's class, its configuration, and its inputs.
SD15 = dict(
    sample_size=64, block_out_channels=(320, 640, 1280, 1280), cross_attention_dim=768,
    attention_head_dim=8,
    down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
)
VAE = dict(
    block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4,
    down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
)
NETWORKS = [
    "unet2d/sd15-64x64", "unet2d/sd15-32x56", "vae_decoder/64x64", "image_encoder/clip-l",
    "depth/dpt-large",
]


def build(name):
    """The reference network and a function that runs it once."""
    import torch

    torch.manual_seed(0)
    if name.startswith("unet2d/sd15-"):
        from diffusers import UNet2DConditionModel

        height, width = map(int, name.split("-")[1].split("x"))
        model = UNet2DConditionModel(**SD15).eval()
        x, context = torch.randn(1, 4, height, width), torch.randn(1, 77, 768)
        return model, lambda m: m(x, 500, encoder_hidden_states=context).sample
    if name == "vae_decoder/64x64":
        from diffusers import AutoencoderKL

        model = AutoencoderKL(**VAE).eval()
        latent = torch.randn(1, 4, 64, 64)
        return model, lambda m: m.decode(latent).sample
    if name == "image_encoder/clip-l":
        from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

        config = CLIPVisionConfig(
            hidden_size=1024, intermediate_size=4096, num_hidden_layers=24,
            num_attention_heads=16, hidden_act="quick_gelu", projection_dim=768,
            image_size=224, patch_size=14,
        )
        model = CLIPVisionModelWithProjection(config).eval()
        pixels = torch.randn(1, 3, 224, 224)
        return model, lambda m: m(pixel_values=pixels).image_embeds
    if name == "depth/dpt-large":
        from transformers import DPTConfig, DPTForDepthEstimation

        config = DPTConfig(
            hidden_size=1024, num_hidden_layers=24, num_attention_heads=16,
            intermediate_size=4096, image_size=384, patch_size=16,
            backbone_out_indices=[5, 11, 17, 23], neck_hidden_sizes=[256, 512, 1024, 1024],
            fusion_hidden_size=256, readout_type="project", is_hybrid=False,
        )
        model = DPTForDepthEstimation(config).eval()
        pixels = torch.randn(1, 3, 384, 384)
        return model, lambda m: m(pixel_values=pixels).predicted_depth
    raise SystemExit(f"compare.py: no reference for {name}")


def reference(name, mode, threads, repetitions):
    """The body of a reference process: prints one line of JSON."""
    import torch

    torch.set_num_threads(threads)
    model, run = build(name)
    if mode == "freeze":
        import torch._inductor.config

        torch._inductor.config.freezing = True
    if mode != "eager":
        model.forward = torch.compile(model.forward)
    with torch.no_grad():
        run(model)
        seconds = []
        for _ in range(repetitions):
            start = time.perf_counter()
            run(model)
            seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": statistics.median(seconds), "peak": peak}))


def weft(program, name, threads, repetitions):
    text = subprocess.run(
        [program, "benchmark", name, "--json", "--threads", str(threads),
         "--repetitions", str(repetitions)],
        check=True, capture_output=True, text=True,
    ).stdout
    report = json.loads(text)
    return {
        "seconds": report["results"][0]["median_seconds"],
        "peak": report["peak_resident_bytes"],
    }


def measure_reference(name, mode, threads, repetitions):
    text = subprocess.run(
        [sys.executable, os.path.abspath(__file__), "--reference", name, mode,
         "--threads", str(threads), "--repetitions", str(repetitions)],
        check=True, capture_output=True, text=True,
    ).stdout
    return json.loads(text.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weft", default=".build/release/weft")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--modes", nargs="+", default=["eager"], choices=["eager", "freeze"])
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--reference", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reference:
        reference(*options.reference, options.threads, options.repetitions)
        return
    print("| network | PyTorch | weft s | PyTorch s | faster | range | weft MiB | PyTorch MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in options.networks:
        for mode in options.modes:
            ours, theirs = [], []
            for _ in range(options.pairs):
                ours.append(weft(options.weft, name, options.threads, options.repetitions))
                theirs.append(
                    measure_reference(name, mode, options.threads, options.repetitions)
                )
            ratios = sorted(t["seconds"] / o["seconds"] for o, t in zip(ours, theirs))

            def median(runs, key):
                return statistics.median(run[key] for run in runs)

            print(
                f"| {name} | {mode} | {median(ours, 'seconds'):.3f} "
                f"| {median(theirs, 'seconds'):.3f} | {statistics.median(ratios):.2f}x "
                f"| {ratios[0]:.2f}-{ratios[-1]:.2f} | {median(ours, 'peak') / 2**20:.0f} "
                f"| {median(theirs, 'peak') / 2**20:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
