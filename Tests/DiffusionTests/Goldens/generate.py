"""Makes schedulers.safetensors: what diffusers' schedulers compute for given tensors.

    python Tests/DiffusionTests/Goldens/generate.py

Versions used for the recorded file: diffusers 0.42.1, torch 2.13.0+cpu, safetensors 0.8.0, numpy 2.4.6.
The cases carry the names that DDIMStepTests.swift and UnCLIPSamplerTests.swift give them.
"""

import pathlib

import torch
from diffusers import DDIMScheduler, UnCLIPScheduler
from safetensors.torch import save_file

SD = dict(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
LATENT = dict(**SD, clip_sample=False, set_alpha_to_one=False, steps_offset=1)
V = dict(prediction_type="v_prediction")

# name: (config, steps, eta)
DDIM = {
    "defaults": ({}, 50, 0.0),
    "stable-diffusion": (LATENT, 25, 0.0),
    "stable-diffusion-eta": (LATENT, 25, 1.0),
    "velocity": ({**LATENT, **V}, 50, 0.3),
    "sample": ({**LATENT, "prediction_type": "sample"}, 20, 0.0),
    "linspace": ({**LATENT, "timestep_spacing": "linspace"}, 25, 0.0),
    "trailing": ({**SD, **V, "timestep_spacing": "trailing", "clip_sample": False}, 30, 0.0),
    "motion": ({**LATENT, "beta_schedule": "linear"}, 25, 0.0),
    "cosine-clip": ({"beta_schedule": "squaredcos_cap_v2", "clip_sample_range": 0.7}, 10, 0.5),
    "threshold": ({"thresholding": True, "sample_max_value": 1.6,
                   "dynamic_thresholding_ratio": 0.9}, 10, 0.0),
    "zero-snr": ({**LATENT, **V, "rescale_betas_zero_snr": True,
                  "timestep_spacing": "trailing"}, 25, 0.0),
}

# name: (config, steps)
UNCLIP = {
    "karlo": (dict(prediction_type="sample", clip_sample_range=5.0), 25),
    "epsilon": (dict(prediction_type="epsilon", clip_sample=False), 10),
    "neighbours": (dict(prediction_type="sample", clip_sample_range=2.0), 1000),
}


def normal(shape, seed, scale=1.0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * scale


def positions(count):
    return sorted({0, count // 3, count - 2, count - 1})


def main():
    tensors = {}
    for seed, (name, (config, steps, eta)) in enumerate(DDIM.items()):
        scheduler = DDIMScheduler(**config)
        scheduler.set_timesteps(steps)
        shape = (2, 3, 2, 4)
        sample, output, noise = (normal(shape, 3 * seed + k, 1.5) for k in range(3))
        prefix = f"ddim.{name}"
        tensors[f"{prefix}.alpha_bars"] = scheduler.alphas_cumprod.clone()
        tensors[f"{prefix}.timesteps"] = scheduler.timesteps.clone()
        tensors[f"{prefix}.sample"] = sample
        tensors[f"{prefix}.output"] = output
        tensors[f"{prefix}.noise"] = noise
        for index in positions(steps):
            timestep = scheduler.timesteps[index]
            result = scheduler.step(
                output, timestep, sample, eta=eta, variance_noise=noise if eta > 0 else None
            )
            tensors[f"{prefix}.previous.{index}"] = result.prev_sample.clone()
            tensors[f"{prefix}.original.{index}"] = result.pred_original_sample.clone()
            tensors[f"{prefix}.noised.{index}"] = scheduler.add_noise(
                sample, noise, timestep.reshape(1)
            )
    for seed, (name, (config, steps)) in enumerate(UNCLIP.items()):
        scheduler = UnCLIPScheduler(**config)
        scheduler.set_timesteps(steps)
        shape = (2, 24)
        sample, output = (normal(shape, 100 + 2 * seed + k, 2.0) for k in range(2))
        prefix = f"unclip.{name}"
        tensors[f"{prefix}.timesteps"] = scheduler.timesteps.clone()
        tensors[f"{prefix}.sample"] = sample
        tensors[f"{prefix}.output"] = output
        tensors[f"{prefix}.noise"] = normal(shape, 7)
        for index in positions(steps):
            following = scheduler.timesteps[index + 1] if index + 1 < steps else None
            result = scheduler.step(
                output,
                scheduler.timesteps[index],
                sample,
                prev_timestep=following,
                generator=torch.Generator().manual_seed(7),
            )
            tensors[f"{prefix}.previous.{index}"] = result.prev_sample.clone()
    save_file(tensors, pathlib.Path(__file__).with_name("schedulers.safetensors"))


main()
