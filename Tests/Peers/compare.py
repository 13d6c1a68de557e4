#!/usr/bin/env python3
"""Times weft and PyTorch with diffusers on the same work, in turns, and prints a Markdown table.

    python3 Tests/Peers/compare.py --weft .build/release/weft [--rows unet2d] [--pairs 5]

Needs torch 2.13.0 (CPU), diffusers 0.42.1, transformers 5.23.0, and g++ for --modes freeze.
Weights are random on both sides, shapes and configurations equal, arithmetic float32, the number of
threads the same. PyTorch builds and warms up once; then, in each pair, weft runs as a process of
its own (one run that is not counted, then --repetitions), and PyTorch does --repetitions runs.
"faster" is the median over pairs of the ratio within a pair, which other load on the machine
disturbs least. Memory is the peak of the process: weft's with weights stored in half precision,
PyTorch's with float32. "per operation" sets the times in relation to the additions and
multiplications that each side does, where they differ.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# Work, and the name of weft's benchmark for it.
ROWS = {
    "unet2d/sd15-64x64": "unet2d/sd15-64x64",
    "gen1/full-8x32x32": "gen1/full-8x32x32",
    # Of one shape class with gen1, but not the same network: compare per operation.
    "motion/8x32x32": "gen1/full-8x32x32",
    "vae_decoder/8x32x32": "vae_decoder/8x32x32",
    "temporalAttention/16x1024x8x80": "temporalAttention/16x1024x8x80",
    "startup/sd15": None,
    "unet2d/sd15-32x56": "unet2d/sd15-32x56",
    "vae_decoder/64x64": "vae_decoder/64x64",
    "image_encoder/clip-l": "image_encoder/clip-l",
    "depth/dpt-large": "depth/dpt-large",
}
HEAD = (
    "| work | PyTorch | weft s | PyTorch s | faster | range | per operation "
    "| weft MiB | PyTorch MiB | memory |"
)


class Reference:
    """A process of PyTorch that has built and warmed up, and runs when it is told to."""

    def __init__(self, name, mode, options):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--reference", name, mode, "--threads",
             str(options.threads), "--repetitions", str(options.repetitions)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("compare.py: PyTorch failed: " + self.process.stderr.read()[-2000:])
        return json.loads(line)

    def run(self):
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return self.answer()["seconds"]

    def end(self):
        self.process.stdin.close()
        result = self.answer()
        self.process.wait()
        return result


def serve(name, mode, threads, repetitions):
    """The body of a reference process: a line of JSON when ready, for each run, and at the end."""
    sys.path.insert(0, HERE)
    import references
    import torch

    torch.set_num_threads(threads)
    module, run = references.build(name)
    compiled = module
    if mode == "freeze":
        import torch._inductor.config

        torch._inductor.config.freezing = True
        compiled = torch.compile(module)
    with torch.no_grad():
        for _ in range(2 if mode == "freeze" else 1):
            run(compiled)
        print(json.dumps({"ready": True}), flush=True)
        for _ in sys.stdin:
            seconds = []
            for _ in range(repetitions):
                start = time.perf_counter()
                run(compiled)
                seconds.append(time.perf_counter() - start)
            print(json.dumps({"seconds": statistics.median(seconds)}), flush=True)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        operations = references.operations(module, run)
    print(json.dumps({"peak": peak, "operations": operations}), flush=True)


def weft(name, options):
    text = subprocess.run(
        [options.weft, "benchmark", name, "--json", "--threads", str(options.threads),
         "--repetitions", str(options.repetitions), "--weights", options.weights],
        check=True, capture_output=True, text=True,
    ).stdout
    report = json.loads(text)
    result = next(result for result in report["results"] if result["name"] == name)
    return {
        "seconds": result["median_seconds"],
        "peak": report["peak_resident_bytes"],
        "operations": result["operations"],
    }


def print_row(label, mode, ours, theirs, reference):
    """A row of the table from the pairs' results and what the reference said at its end."""
    ratios = sorted(t / o["seconds"] for o, t in zip(ours, theirs))
    peak = statistics.median(run["peak"] for run in ours)
    share = "–"
    if reference["operations"]:
        scale = ours[0]["operations"] / reference["operations"]
        share = f"{statistics.median(ratios) * scale:.2f}x"
    print(
        f"| {label} | {mode} | {statistics.median(run['seconds'] for run in ours):.4g} "
        f"| {statistics.median(theirs):.4g} | {statistics.median(ratios):.2f}x "
        f"| {ratios[0]:.2f}–{ratios[-1]:.2f} | {share} | {peak / 2**20:.0f} "
        f"| {reference['peak'] / 2**20:.0f} | {peak / reference['peak']:.2f} |",
        flush=True,
    )


def compare(name, mode, options):
    reference = Reference(name, mode, options)
    ours, theirs = [], []
    for _ in range(options.pairs):
        ours.append(weft(ROWS[name], options))
        theirs.append(reference.run())
    print_row(name, mode, ours, theirs, reference.end())


# ---- Start-up --------------------------------------------------------------------------------

def make_checkpoint(folder):
    """SD1.5's UNet with random weights in half precision, and inputs of one step."""
    sys.path.insert(0, HERE)
    import references
    import torch
    from safetensors.torch import save_file

    module, _ = references.build("unet2d/sd15-64x64")
    module.half().save_pretrained(os.path.join(folder, "unet"))
    with open(os.path.join(folder, "model_index.json"), "w") as index:
        json.dump({"_class_name": "StableDiffusionPipeline",
                   "unet": ["diffusers", "UNet2DConditionModel"]}, index)
    save_file(
        {"sample": torch.randn(1, 4, 64, 64), "timestep": torch.tensor([500.0]),
         "encoder_hidden_states": torch.randn(1, 77, 768)},
        os.path.join(folder, "inputs.safetensors"),
    )


def first_step(folder, threads):
    """The body of PyTorch's start-up: reads the halves, widens them, takes a step."""
    import torch
    from diffusers import UNet2DConditionModel
    from safetensors.torch import load_file

    torch.set_num_threads(threads)
    module = UNet2DConditionModel.from_pretrained(
        os.path.join(folder, "unet"), torch_dtype=torch.float32
    ).eval()
    inputs = load_file(os.path.join(folder, "inputs.safetensors"))
    with torch.inference_mode():
        module(inputs["sample"], inputs["timestep"],
               encoder_hidden_states=inputs["encoder_hidden_states"])


def timed(command):
    """Seconds and peak memory of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"compare.py: {command[0]} failed")
    process.returncode = 0
    return {"seconds": seconds, "peak": usage.ru_maxrss * 1024}


def compare_startup(options):
    """Process start to the end of the first step, the files in the page cache."""
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        subprocess.run(
            [sys.executable, __file__, "--make-checkpoint", folder], check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        threads = str(options.threads)
        commands = [
            [options.weft, "model", "run", "unet2d", "--model", folder, "--threads", threads,
             "-i", f"{folder}/inputs.safetensors", "-o", f"{folder}/out.safetensors"],
            [sys.executable, __file__, "--first-step", folder, "--threads", threads],
        ]
        ours, theirs = [], []
        for pair in range(options.pairs + 1):
            runs = [timed(command) for command in commands]
            if pair == 0:
                continue  # fills the page cache
            ours.append(runs[0])
            theirs.append(runs[1])
    peak = statistics.median(run["peak"] for run in theirs)
    reference = {"peak": peak, "operations": 0}
    print_row("startup/sd15", "eager", ours, [run["seconds"] for run in theirs], reference)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weft", default=".build/release/weft")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--weights", default="float16", choices=["float16", "float32"])
    parser.add_argument("--modes", nargs="+", default=["eager"], choices=["eager", "freeze"])
    parser.add_argument("--rows", nargs="+", default=[""], help="parts of the names of rows")
    parser.add_argument("--scratch", help="folder for 1.7 GB of weights of the start-up's row")
    parser.add_argument("--no-head", action="store_true", help="rows without the table's head")
    parser.add_argument("--reference", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--make-checkpoint", help=argparse.SUPPRESS)
    parser.add_argument("--first-step", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reference:
        return serve(*options.reference, options.threads, options.repetitions)
    if options.make_checkpoint:
        return make_checkpoint(options.make_checkpoint)
    if options.first_step:
        return first_step(options.first_step, options.threads)
    if not options.no_head:
        print(HEAD)
        print("| --- " * (HEAD.count("|") - 1) + "|", flush=True)
    for name in ROWS:
        if not any(part in name for part in options.rows):
            continue
        if name == "startup/sd15":
            compare_startup(options)
            continue
        for mode in options.modes:
            compare(name, mode, options)


if __name__ == "__main__":
    main()
